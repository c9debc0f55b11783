// Re-renders relative times regularly, with one timer for the whole page. It stops while the tab is hidden.
import { useEffect, useReducer } from "preact/hooks";

const TICK_INTERVAL_MS = 5_000;
const listeners = new Set<() => void>();
let timer: number | undefined;

const tick = () => listeners.forEach((listener) => listener());

function updateTimer() {
  const isNeeded = listeners.size > 0 && !document.hidden;
  if (isNeeded && timer === undefined) timer = window.setInterval(tick, TICK_INTERVAL_MS);
  if (isNeeded || timer === undefined) return;
  window.clearInterval(timer);
  timer = undefined;
}

/** Re-renders the component at each tick. */
export function useClock(): void {
  const [, rerender] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = () => rerender(undefined);
    listeners.add(listener);
    updateTimer();
    return () => {
      listeners.delete(listener);
      updateTimer();
    };
  }, []);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
  updateTimer();
});
