/** Whatever a reply holds: tests look into it with expectations, not with types. */
export type Json = ReturnType<typeof JSON.parse>;

export const say = (text: string): void => void process.stdout.write(`${text}\n`);
