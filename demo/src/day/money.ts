/** Returns the API's decimal string, such as `-12.50`, in cents. Never uses a float: there, 0.1 + 0.2 is not 0.3. */
export function parseCents(money: string): number {
  const parts = /^(-?)(\d+)\.(\d\d)$/.exec(money);
  if (!parts) throw new Error(`"${money}" is not money: it must look like -12.50.`);
  const cents = Number(parts[2]) * 100 + Number(parts[3]);
  return parts[1] === '-' && cents !== 0 ? -cents : cents;
}

/** Returns cents as the API writes them, such as `-12.50`. */
export function formatCents(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
