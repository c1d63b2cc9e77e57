/** Rows that lead somewhere: the whole row for the mouse; the link inside it is the one for the keyboard. */

/** Rows of `body` with an address in `data-href` can be pressed. */
export function followRows(body: HTMLElement): void {
  body.addEventListener("click", followRow);
}

function followRow(event: MouseEvent): void {
  const target = event.target as Element;
  if (event.defaultPrevented || target.closest("a, button") || window.getSelection()?.toString()) return;
  const address = target.closest<HTMLElement>("tr")?.dataset["href"];
  if (!address) return;
  if (event.metaKey || event.ctrlKey) window.open(address, "_blank", "noopener");
  else location.hash = address;
}
