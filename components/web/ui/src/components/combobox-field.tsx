// A text field with suggestions. Any text can be typed. The keys are those of an editable combobox with list
// autocompletion: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { useEffect, useState } from "preact/hooks";
import { fieldId } from "./field-errors";
import { Field, type FieldProps } from "./fields";
import { useSuggestions, type Suggest, type Suggestion } from "./suggestions";

interface ComboboxProps {
  value: string;
  onChange: (text: string) => void;
  /** `null` if the platform has no suggestions: this is a plain text field then. */
  suggest: Suggest | null;
}

interface ComboboxFieldProps extends ComboboxProps, FieldProps {
  type?: "text" | "url";
  required?: boolean;
}

export function ComboboxField({ value, onChange, suggest, type = "text", required, ...field }: ComboboxFieldProps) {
  const combobox = useCombobox({ value, onChange, suggest });
  const { isShown, suggestions, active, choose } = combobox;
  const listId = `${fieldId(field.name)}-suggestions`;
  const optionId = (index: number) => `${listId}-${index}`;
  const activeId = isShown && suggestions[active] ? optionId(active) : undefined;
  useEffect(() => {
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);
  const attributes = {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": isShown,
    "aria-controls": listId,
    "aria-activedescendant": activeId,
    ...combobox.listeners,
  } as const;
  return (
    <Field {...field}>
      {(common) => (
        <div class="combobox">
          <input
            {...common}
            {...(combobox.isPlain ? {} : attributes)}
            value={value}
            type={type}
            required={required}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => combobox.changeText(event.currentTarget.value)}
          />
          <ul id={listId} role="listbox" aria-label={field.label} hidden={!isShown}>
            {suggestions.map((suggestion, index) => (
              <li
                key={suggestion.value}
                id={optionId(index)}
                role="option"
                aria-selected={index === active}
                // The focus stays in the text field.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(suggestion)}
              >
                <bdi>{suggestion.label}</bdi> {suggestion.note && <span class="muted">{suggestion.note}</span>}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Field>
  );
}

/** What is suggested, which suggestion the keyboard has reached, and what the keys do. */
function useCombobox({ value, onChange, suggest }: ComboboxProps) {
  const [isOpen, setOpen] = useState(false);
  /** The suggestion that the keyboard has reached; -1 for the text itself. */
  const [active, setActive] = useState(-1);
  /** Until something is typed, everything is suggested, not only what resembles the present value. */
  const [isTyped, setTyped] = useState(false);
  const { suggestions, unavailable } = useSuggestions(suggest, isTyped ? value : "", isOpen);
  const isShown = isOpen && suggestions.length > 0 && !isOnly(suggestions, value);
  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (suggestion: Suggestion) => {
    onChange(suggestion.value);
    setTyped(false);
    close();
  };
  const changeText = (text: string) => {
    onChange(text);
    setTyped(true);
    setOpen(true);
    setActive(-1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter may end the input of a character.
    if (event.isComposing) return;
    const chosen = isShown ? suggestions[active] : undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      setActive(isShown ? next(active, event.key === "ArrowDown" ? 1 : -1, suggestions.length) : 0);
      setOpen(true);
    } else if (event.key === "Enter" && chosen) choose(chosen);
    else if (event.key === "Escape" && isShown) close();
    else return;
    event.preventDefault();
  };
  const listeners = { onClick: () => setOpen(true), onBlur: close, onKeyDown };
  return { suggestions, isShown, active, isPlain: unavailable, choose, changeText, listeners };
}

/** Whether the only suggestion is what was typed. */
function isOnly(suggestions: readonly Suggestion[], value: string): boolean {
  return suggestions.length === 1 && suggestions[0]?.value === value;
}

/** The next position among `length` suggestions, in a circle that includes the text itself. */
function next(active: number, step: 1 | -1, length: number): number {
  const positions = length + 1;
  return ((active + 1 + step + positions) % positions) - 1;
}
