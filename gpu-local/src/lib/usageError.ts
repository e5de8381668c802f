/** Something that the person who typed it can put right. */
export class UsageError extends Error {
	override readonly name: string = 'UsageError';
}
