//! Tables of text, with columns as wide as their content.

use super::style::{Style, clean};
use std::fmt::Write;

#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        let text: String = text.into();
        let text = clean(&text).replace(['\n', '\t'], " ");
        Self { text, style }
    }

    /// A text in the colour of a status.
    pub fn status(text: impl Into<String>, status: &str) -> Self {
        Self::styled(text, Style::of_status(status))
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::Plain)
    }
}

impl Table {
    pub fn new<const N: usize>(header: [String; N]) -> Self {
        Self { header: header.into(), rows: Vec::new() }
    }

    /// Names and values, without a header.
    pub fn of_fields() -> Self {
        Self::default()
    }

    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a name and its value.
    pub fn field(&mut self, name: impl Into<String>, value: impl Into<Cell>) {
        self.rows.push(vec![Cell::styled(name, Style::Faint), value.into()]);
    }

    pub fn render(&self, colour: bool) -> String {
        let header: Vec<_> = self
            .header
            .iter()
            .map(|text| Cell::styled(text.to_uppercase(), Style::Faint))
            .collect();
        let rows: Vec<_> = std::iter::once(&header)
            .filter(|header| !header.is_empty())
            .chain(&self.rows)
            .collect();
        let columns = rows.iter().map(|row| row.len()).max().unwrap_or_default();
        let width = |column| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        let mut text = String::new();
        for row in rows {
            let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or_default();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
                text.push_str(&cell.style.apply(&cell.text, colour));
                let padding = if column == last { 0 } else { width - cell.width() + 2 };
                let _ = write!(text, "{:padding$}", "");
            }
            text.push('\n');
        }
        text
    }
}

impl Cell {
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_spaces() {
        let mut table = Table::new(["name".into(), "status".into(), "note".into()]);
        table.row(["a".into(), Cell::status("running", "running"), "x\ny".into()]);
        table.row(["été".into(), "".into(), "".into()]);
        assert_eq!(table.render(false), "NAME  STATUS   NOTE\na     running  x y\nété\n");
    }

    #[test]
    fn colours_do_not_change_the_widths() {
        let mut table = Table::of_fields();
        table.field("status", Cell::status("failed", "failed"));
        table.field("x", "y");
        let text = table.render(true);
        assert!(text.contains("\u{1b}[31mfailed\u{1b}[0m\n"), "{text:?}");
        assert!(text.contains("\u{1b}[2mx\u{1b}[0m       y\n"), "{text:?}");
    }
}
