/**
 * Divides what there is among those who want some: nobody gets more than they want, and nobody who wants more gets less than
 * another.
 */
export function fairShares(wanted: readonly number[], available: number): number[] {
  const shares = wanted.map(() => 0);
  const order = wanted.map((want, place) => ({ want, place })).sort((one, other) => one.want - other.want);
  let left = available;
  for (const [rank, { want, place }] of order.entries()) {
    const share = Math.min(want, Math.floor(left / (order.length - rank)));
    shares[place] = share;
    left -= share;
  }
  return shares;
}
