//! A sheet for a terminal: paragraphs, and tables in columns.

use std::fmt;

use super::{Part, Sheet};

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for part in &self.parts {
            match part {
                Part::Heading(text) => writeln!(f, "\n{text}")?,
                Part::Text(text) => writeln!(f, "  {text}")?,
                Part::Told(pieces) => {
                    let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
                    writeln!(f, "  {text}")?;
                }
                Part::Open(label, _, json) => writeln!(f, "  {label}: {json}")?,
                Part::File(label, name, text) => writeln!(f, "\n  {label} ({name})\n{text}")?,
                // The table beside it has the numbers.
                Part::Chart(_) | Part::Strip(_) => {}
                Part::Table(table) => {
                    let rows: Vec<Vec<&str>> =
                        table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect();
                    columns(&table.caption, &table.head.iter().map(String::as_str).collect::<Vec<_>>(), &rows, f)?;
                }
            }
        }
        Ok(())
    }
}

/// A table with columns as wide as their widest cell.
fn columns(caption: &str, head: &[&str], rows: &[Vec<&str>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n  {caption}")?;
    let widths: Vec<usize> = (0..head.len())
        .map(|c| rows.iter().filter_map(|row| row.get(c)).chain([&head[c]]).map(|text| text.chars().count()).max().unwrap_or(0))
        .collect();
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}")).collect();
        writeln!(f, "    {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}
