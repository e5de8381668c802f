import { deflateSync } from 'node:zlib';

/** A grey PNG. */
export function png(width: number, height: number, grey = 128): Buffer {
	const chunk = (kind: string, data: Buffer): Buffer => {
		const head = Buffer.alloc(8);
		head.writeUInt32BE(data.length);
		head.write(kind, 4);
		return Buffer.concat([head, data, Buffer.alloc(4)]);
	};
	const size = Buffer.alloc(13);
	size.writeUInt32BE(width);
	size.writeUInt32BE(height, 4);
	size.writeUInt8(8, 8);
	const pixels = deflateSync(Buffer.alloc((width + 1) * height, grey));
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', size),
		chunk('IDAT', pixels),
		chunk('IEND', Buffer.alloc(0)),
	]);
}
