/** Rows kept beyond each edge of the viewport, so that a fast scroll shows rows, not gaps. */
const OVERSCAN = 8;

export interface RowWindow {
  first: number;
  /** Exclusive. */
  end: number;
  /** Heights of what is not in the document, in pixels. */
  aboveHeight: number;
  belowHeight: number;
}

/** Which rows of a fixed height stand in the document. Everything in pixels except counts. */
export function rowWindow(view: { scrollTop: number; height: number; rowHeight: number; count: number }): RowWindow {
  const { rowHeight, count } = view;
  const inView = Math.ceil(view.height / rowHeight);
  const first = Math.max(0, Math.min(Math.floor(view.scrollTop / rowHeight) - OVERSCAN, count - inView - 2 * OVERSCAN));
  const end = Math.min(count, first + inView + 2 * OVERSCAN);
  return { first, end, aboveHeight: first * rowHeight, belowHeight: (count - end) * rowHeight };
}
