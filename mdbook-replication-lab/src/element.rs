//! What a lab is in a page: the element that `embed.js` of the lab defines, and inside it what is shown until the lab is there, in print, and
//! where no script runs: title, story and a link.

use crate::directive::Directive;

/// The words that the element has, too.
const ATTRIBUTES: [&str; 8] = ["preset", "mode", "seed", "height", "theme", "loading", "lesson", "lang"];

/// The block for a lab on a page that lies so many folders deep; `lab` is the folder of the lab below the root of the book, or its address. The
/// first of a page brings the script along.
pub(crate) fn element(directive: &Directive, lab: &str, depth: usize, first: bool) -> String {
    let words = directive.words.iter().filter(|(name, _)| ATTRIBUTES.contains(&name.as_str()));
    let attributes: String = words.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
    let home = if is_address(lab) { lab.to_owned() } else { format!("{}{lab}", "../".repeat(depth)) };
    let link = format!("{home}index.html?{}", directive.query());
    let title = escaped(&directive.scenario.title);
    let story = directive.scenario.lesson.as_ref().map(|lesson| escaped(&lesson.story)).unwrap_or_default();
    let script = if first { script(lab) } else { String::new() };
    format!(
        "<div class=\"replication-lab\">{script}<replication-lab{attributes}><p><strong>Interactive lab: <a href=\"{}\">{title}</a>.</strong> \
         {story}</p></replication-lab></div>",
        escaped(&link)
    )
}

fn is_address(lab: &str) -> bool {
    lab.contains("://") || lab.starts_with('/')
}

/// Loads `embed.js`. Where the lab is in the book, the script asks the page how far away the root is: `print.html` lies elsewhere than the
/// chapters that it holds.
fn script(lab: &str) -> String {
    if is_address(lab) {
        return format!("<script src=\"{}embed.js\"></script>", escaped(lab));
    }
    let file = escaped(&format!("{lab}embed.js")).replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "<script>document.head.append(Object.assign(document.createElement('script'),{{src:path_to_root+'{file}'}}))</script>"
    )
}

/// A text as HTML has it, in an element or in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directive(words: &str) -> Directive {
        Directive::of(&format!("{{{{#replication-lab {words}}}}}")).expect(words)
    }

    #[test]
    fn a_lab_is_one_line_with_its_attributes_and_what_stands_for_it() {
        let html = element(&directive("preset=read-after-write mode=leader height=700"), "replication-lab/", 1, true);
        assert!(html.starts_with("<div") && html.ends_with("</div>") && !html.contains('\n'), "{html}");
        assert!(html.contains("<replication-lab preset=\"read-after-write\" mode=\"leader\" height=\"700\">"), "{html}");
        assert!(
            html.contains(
                "<a href=\"../replication-lab/index.html?preset=read-after-write&amp;mode=leader\">Read after write</a>"
            ),
            "{html}"
        );
        assert!(html.contains("said &quot;done&quot;"), "the story is escaped: {html}");
        assert!(html.contains("src:path_to_root+'replication-lab/embed.js'"), "{html}");
        assert!(!element(&directive("preset=first-look"), "replication-lab/", 0, false).contains("<script"));
    }

    #[test]
    fn nothing_gets_out_of_a_text() {
        assert_eq!(escaped("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
        let html = element(&directive("preset=first-look"), "it's/", 0, true);
        assert!(html.contains("path_to_root+'it\\'s/embed.js'"), "{html}");
    }
}
