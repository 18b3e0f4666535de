// What does this browser remember of a person's choices? Nothing that is needed: it may be refused.

/** A remembered text (null: none), and how to remember another. */
export function kept(name: string): [string | null, (text: string) => void] {
  const key = `vledger.${name}`;
  let found: string | null = null;
  try {
    found = localStorage.getItem(key);
  } catch {} // storage is switched off
  const keep = (text: string) => {
    try {
      localStorage.setItem(key, text);
    } catch {} // then it holds for this visit
  };
  return [found, keep];
}
