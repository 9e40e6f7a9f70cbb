//! The book as mdBook has it: chapters within chapters, each a text with a place. Lines that ask for a lab are replaced, all others stay.
//!
//! A chapter is plain JSON here, so that a field that a later mdBook adds goes through unseen; 0.4 calls the list `sections`, 0.5 `items`.

use serde_json::Value;

use crate::directive::{Directive, MARK};
use crate::element::element;

/// Where the lab is if nothing is said: a folder beside the pages.
const LAB: &str = "replication-lab/";

/// Puts a lab wherever a line asks for one.
///
/// # Errors
/// Every line that asks for something that there is not, with its file and its number.
pub(crate) fn put_labs(context: &Value, book: &mut Value) -> Result<(), Vec<String>> {
    let set = context.pointer("/config/preprocessor/replication-lab/lab").and_then(Value::as_str).unwrap_or(LAB);
    let lab = if set.ends_with('/') { set.to_owned() } else { format!("{set}/") };
    let source = context.pointer("/config/book/src").and_then(Value::as_str).unwrap_or("src");
    let mut mistakes = Vec::new();
    for list in ["items", "sections"] {
        if let Some(items) = book.get_mut(list) {
            walk(items, &mut |chapter| chapter_labs(chapter, &lab, source, &mut mistakes));
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Visits every chapter, and those within it.
fn walk(items: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    for item in items.as_array_mut().into_iter().flatten() {
        if let Some(chapter) = item.get_mut("Chapter") {
            visit(chapter);
            if let Some(inner) = chapter.get_mut("sub_items") {
                walk(inner, visit);
            }
        }
    }
}

fn chapter_labs(chapter: &mut Value, lab: &str, source: &str, mistakes: &mut Vec<String>) {
    let text = |name: &str| chapter.get(name).and_then(Value::as_str);
    // A draft has no text.
    let (Some(content), Some(path)) = (text("content"), text("path")) else { return };
    if !content.contains(MARK) {
        return;
    }
    let file = text("source_path").unwrap_or(path);
    let depth = path.split('/').count().saturating_sub(1);
    match replaced(content, lab, depth) {
        Ok(new) => chapter["content"] = Value::String(new),
        Err(wrong) => mistakes.extend(wrong.into_iter().map(|(line, message)| format!("{source}/{file}:{line}: {message}"))),
    }
}

/// The text of a chapter with its labs. Its page lies so many folders deep.
///
/// # Errors
/// The numbers of the lines that are wrong, from 1, and what is wrong.
fn replaced(content: &str, lab: &str, depth: usize) -> Result<String, Vec<(usize, String)>> {
    let (mut lines, mut wrong, mut fence, mut scripted) = (Vec::new(), Vec::new(), None, false);
    for (number, line) in (1..).zip(content.split('\n')) {
        let within = fence.is_some();
        fence = after(fence, line);
        if within || fence.is_some() || !line.contains(MARK) || is_quoted(line) {
            lines.push(line.to_owned());
            continue;
        }
        match Directive::of(line.trim()) {
            Ok(directive) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                // A block of HTML ends with an empty line.
                lines.extend([String::new(), format!("{indent}{}", element(&directive, lab, depth, !scripted)), String::new()]);
                scripted = true;
            }
            Err(message) => wrong.push((number, message)),
        }
    }
    if wrong.is_empty() { Ok(lines.join("\n")) } else { Err(wrong) }
}

/// The fence of the block of code that is open after a line, if one is: its sign and how often that stands there (CommonMark 4.5).
fn after(open: Option<(char, usize)>, line: &str) -> Option<(char, usize)> {
    // In items of lists a fence is indented, and in a quotation it stands behind its sign.
    let line = line.trim_start_matches([' ', '>']);
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'));
    let count = sign.map_or(0, |sign| line.chars().take_while(|c| *c == sign).count());
    match (open, sign) {
        (None, Some(sign)) if count >= 3 && !(sign == '`' && line[count..].contains('`')) => Some((sign, count)),
        (Some((fence, length)), Some(sign)) if sign == fence && count >= length && line[count..].trim().is_empty() => None,
        (open, _) => open,
    }
}

/// Whether the first mark of a line stands in code.
fn is_quoted(line: &str) -> bool {
    let before = line.split(MARK).next().unwrap_or_default();
    before.matches('`').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chapter(path: &str, content: &str, inner: &[Value]) -> Value {
        json!({ "Chapter": { "name": "n", "content": content, "path": path, "source_path": path, "sub_items": inner, "later": 1 } })
    }

    #[test]
    fn labs_of_all_chapters_are_found_and_everything_else_stays() {
        let inner = chapter("a/deep/inner.md", "x\n{{#replication-lab preset=first-look}}\ny", &[]);
        for list in ["items", "sections"] {
            let plain = chapter("plain.md", "no lab", std::slice::from_ref(&inner));
            let mut book = json!({ list: ["Separator", { "PartTitle": "t" }, plain], "__non_exhaustive": null });
            put_labs(&json!({}), &mut book).expect("the preset is there");
            let text = book[list][2]["Chapter"]["sub_items"][0]["Chapter"]["content"].as_str().expect("a text");
            assert!(text.starts_with("x\n\n<div") && text.ends_with("</div>\n\ny"), "{text}");
            assert!(text.contains("href=\"../../replication-lab/index.html?preset=first-look\""), "{text}");
            assert_eq!(book[list][2]["Chapter"]["content"], "no lab");
            assert_eq!(book[list][2]["Chapter"]["later"], 1);
        }
    }

    #[test]
    fn mistakes_are_told_with_file_and_line_all_at_once() {
        let wrong = "# Title\n\n{{#replication-lab preset=atlantis}}\n{{#replication-lab preset=first-look mode=psychic}}\nsee {{#replication-lab preset=first-look}}";
        let mut book = json!({ "items": [chapter("a/b.md", wrong, &[])] });
        let mistakes = put_labs(&json!({ "config": { "book": { "src": "text" } } }), &mut book).expect_err("three mistakes");
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert_eq!(mistakes[0], "text/a/b.md:3: there is no preset called 'atlantis'");
        assert!(mistakes[1].starts_with("text/a/b.md:4: there is no read mode called 'psychic'"), "{}", mistakes[1]);
        assert!(mistakes[2].starts_with("text/a/b.md:5: it has to stand on a line of its own"), "{}", mistakes[2]);
    }

    #[test]
    fn code_is_left_alone() {
        let line = "{{#replication-lab preset=atlantis}}";
        for text in [
            format!("```\n{line}\n```"),
            format!("~~~~ md\n~~~\n{line}\n~~~~"),
            format!("- item\n  ````\n  ```\n  {line}\n  ````"),
            format!("write `{line}`"),
            format!("```text\n{line}"),
        ] {
            assert_eq!(replaced(&text, LAB, 0), Ok(text.clone()));
        }
        let after_code = format!("```\ncode\n```\n{line}\n``` inline ```\n{line}");
        assert_eq!(replaced(&after_code, LAB, 0).expect_err("two labs").iter().map(|(n, _)| *n).collect::<Vec<_>>(), [4, 6]);
    }

    #[test]
    fn the_script_comes_once_for_each_chapter_and_the_lab_may_be_elsewhere() {
        let two = "{{#replication-lab preset=first-look}}\n\n{{#replication-lab preset=read-after-write}}";
        let mut book = json!({ "items": [chapter("a.md", two, &[])] });
        put_labs(&json!({ "config": { "preprocessor": { "replication-lab": { "lab": "https://lab.example/1" } } } }), &mut book)
            .expect("good");
        let text = book["items"][0]["Chapter"]["content"].as_str().expect("a text");
        assert_eq!(text.matches("<script").count(), 1, "{text}");
        assert!(text.contains("<script src=\"https://lab.example/1/embed.js\"></script>"), "{text}");
        assert!(text.contains("href=\"https://lab.example/1/index.html?preset=read-after-write\""), "{text}");
    }
}
