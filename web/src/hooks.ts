import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from "@tanstack/virtual-core";
import { useEffect, useLayoutEffect, useReducer, useState } from "preact/hooks";
import type { Store } from "./state";

export function useStore(store: Store) {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => store.subscribe(() => again(0)), [store]);
}

/** Rows of a table in the window's own scroll: those in view and some around them. */
export function useWindowRows(count: number, margin: number, estimate: number) {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const options = {
    count,
    estimateSize: () => estimate,
    overscan: 12,
    scrollMargin: margin,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => window.scrollY,
    onChange: () => again(0),
  };
  const [rows] = useState(() => new Virtualizer<Window, Element>(options));
  rows.setOptions(options);
  useEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  return rows;
}
