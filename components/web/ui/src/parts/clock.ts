// One clock for all times that the page shows as distances. It stands still while nobody looks.
import { useEffect, useReducer } from "preact/hooks";

const every = 5_000;
const watchers = new Set<() => void>();
let timer: number | undefined;

const tick = () => watchers.forEach((watcher) => watcher());

function wind() {
  const runs = watchers.size > 0 && !document.hidden;
  if (runs && timer === undefined) timer = window.setInterval(tick, every);
  if (runs || timer === undefined) return;
  window.clearInterval(timer);
  timer = undefined;
}

/** Shows the component anew as time goes by. */
export function useClock(): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const watcher = () => again(undefined);
    watchers.add(watcher);
    wind();
    return () => {
      watchers.delete(watcher);
      wind();
    };
  }, []);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
  wind();
});
