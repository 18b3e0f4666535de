// How is a policy written? In an editor with line numbers, which marks what is wrong where it is.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "preact/hooks";

export interface Finding {
  line: number;
  column: number;
  severity: string;
  message: string;
  advice: string;
}

const look = EditorView.theme({
  "&": { height: "32rem", fontSize: "15px", color: "var(--ink)", backgroundColor: "var(--sheet)" },
  "&.cm-focused": { outline: "3px solid var(--focus)" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, Consolas, monospace", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--ink-soft)", border: "none" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": {
    backgroundColor: "var(--sheet)",
    color: "var(--ink)",
    border: "1px solid var(--line-strong)",
  },
});

const colours = HighlightStyle.define([
  { tag: tags.atom, color: "var(--celadon)" }, // a key
  { tag: tags.string, color: "var(--chart-4)" },
  { tag: tags.comment, color: "var(--ink-soft)" },
  { tag: [tags.keyword, tags.number], color: "var(--seal)" },
]);

/** `text` is what it begins with; `at`: the line to go to, with a number that grows at each wish. */
export default function Editor({
  text,
  label,
  findings,
  at,
  onText,
}: {
  text: string;
  label: string;
  findings: readonly Finding[];
  at: { line: number; turn: number };
  onText: (text: string) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const tell = useRef(onText);
  tell.current = onText;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text only begins it
  useEffect(() => {
    if (frame.current === null) return;
    // In a shadow tree its styles are adopted sheets, which the Content-Security-Policy lets in.
    const root = frame.current.shadowRoot ?? frame.current.attachShadow({ mode: "open" });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]), // Tab leaves it
          StreamLanguage.define(yaml),
          syntaxHighlighting(colours),
          lintGutter(),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const here = view.current;
    if (here)
      here.dispatch(
        setDiagnostics(
          here.state,
          findings.map((one) => marked(one, here.state.doc)),
        ),
      );
  }, [findings]);
  useEffect(() => {
    const here = view.current;
    if (!here || at.turn === 0) return;
    const line = here.state.doc.line(Math.min(at.line, here.state.doc.lines));
    here.dispatch({
      selection: { anchor: line.from },
      effects: EditorView.scrollIntoView(line.from, { y: "center" }),
    });
    here.focus();
  }, [at]);
  return <div class="editor" ref={frame} />;
}

function marked({ line, column, severity, message, advice }: Finding, doc: Text): Diagnostic {
  const here = doc.line(Math.max(1, Math.min(line, doc.lines)));
  const from = Math.min(here.from + Math.max(0, column - 1), here.to);
  return {
    from,
    to: here.to,
    severity: severity === "error" ? "error" : "warning",
    message: advice === "" ? message : `${message} → ${advice}`,
  };
}
