/** Putting off what is dear: of many times within a moment, once at its end. */

export interface Soon {
  ask(): void;
  close(): void;
}

export function soon(act: () => void, afterMs: number): Soon {
  let timer: number | null = null;
  return {
    ask() {
      timer ??= window.setTimeout(() => {
        timer = null;
        act();
      }, afterMs);
    },
    close() {
      if (timer !== null) window.clearTimeout(timer);
      timer = null;
    },
  };
}
