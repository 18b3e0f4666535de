// Where am I? A part's title stands there from the start, and where nothing can be loaded.
import type { ComponentChildren } from "preact";

export function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="stack">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
