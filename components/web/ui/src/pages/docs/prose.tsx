// The texts of the API documentation.

/** Paragraphs with `code` in backticks. */
export function Prose({ text = "" }: { text?: string | undefined }) {
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return (
    <>
      {paragraphs.map((paragraph, index) => (
        <p key={index}>{paragraph.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</p>
      ))}
    </>
  );
}
