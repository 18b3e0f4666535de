// Which of several views is shown? Tabs, moved through with the arrow keys.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  label: string;
  tabs: readonly { id: string; title: ComponentChildren }[];
  now: string;
  onTab: (id: string) => void;
  children: ComponentChildren;
}

export function Tabs({ label, tabs, now, onTab, children }: Props) {
  const name = useId();
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === now);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onTab(next.id);
    document.getElementById(`${name}-${next.id}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            id={`${name}-${id}`}
            type="button"
            role="tab"
            aria-selected={id === now}
            aria-controls={`${name}-panel`}
            tabIndex={id === now ? 0 : -1}
            onClick={() => onTab(id)}
          >
            {title}
          </button>
        ))}
      </div>
      <div id={`${name}-panel`} role="tabpanel" aria-labelledby={`${name}-${now}`}>
        {children}
      </div>
    </>
  );
}
