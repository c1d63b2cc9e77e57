/** One requestAnimationFrame for every painter of the page. A painter asked twice before a frame paints once. */

const waiting = new Set<() => void>();
let requested = false;

export function paintSoon(painter: () => void): void {
  waiting.add(painter);
  if (requested) return;
  requested = true;
  requestAnimationFrame(flush);
}

export function cancelPaint(painter: () => void): void {
  waiting.delete(painter);
}

function flush(): void {
  requested = false;
  const painters = [...waiting];
  waiting.clear();
  for (const paint of painters) paint();
}
