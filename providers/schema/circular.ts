/** Whether an object leads back to itself, as a message's `req` does: JSON has no form for it. */
export function isCircular(value: unknown, around: readonly object[] = []): boolean {
	if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
	if (around.includes(value)) return true;
	// A date says itself how it is written.
	if ('toJSON' in value && typeof value.toJSON === 'function') return false;
	return Object.values(value).some((member) => isCircular(member, [...around, value]));
}
