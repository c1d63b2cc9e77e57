/** What every page offers to the shell. */
export interface Page {
  title: string;
  element: HTMLElement;
  close(): void;
}
