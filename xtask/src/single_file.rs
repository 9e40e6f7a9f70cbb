//! `cargo xtask single-file`: the release build as one HTML file that needs no other, no server and no network.
//!
//! It works from a disk (`file://`), in the archive of a learning platform, and in a sandboxed frame of opaque origin. Styles and scripts stand in
//! it as they are, programs as `gzip -9` makes them, in base64; `static/single.js` starts them from there.

use std::fs;

use crate::{commands, tools::Toolbox};

/// Where the file goes.
const FILE: &str = "target/replication-lab.html";
/// The programs that start as workers.
const WORKERS: [&str; 3] = ["lab-engine", "lab-engine-families", "lab-experiments"];

pub(crate) fn write(tools: &Toolbox) -> Result<(), String> {
    commands::require_dist(tools)?;
    let html = single(&dist_text(tools, "index.html")?, tools)?;
    fs::write(tools.file(FILE), &html).map_err(|error| format!("cannot write {FILE}: {error}"))?;
    println!("{FILE}: {}.{} MB, everything in one file", html.len() / 1_000_000, html.len() % 1_000_000 / 100_000);
    Ok(())
}

/// The page with everything in it.
fn single(page: &str, tools: &Toolbox) -> Result<String, String> {
    let missing = |what: &str| format!("dist/index.html has no {what}: run `cargo xtask test --only build`");
    let boot =
        tags(page, "<script").find(|tag| attribute(tag, "data-program").is_some()).ok_or_else(|| missing("data-program"))?;
    let named = |name: &str| attribute(boot, name).ok_or_else(|| missing(name));
    let (program, wasm) = (named("data-program")?, named("data-wasm")?);
    let mut html = page.replacen(&format!("{boot}</script>"), "", 1);
    for tag in tags(page, "<link") {
        let relation = attribute(tag, "rel").unwrap_or_default();
        let href = attribute(tag, "href").unwrap_or_default();
        match relation {
            "stylesheet" => html = html.replacen(tag, &format!("<style>{}</style>", dist_text(tools, href)?), 1),
            "modulepreload" | "preload" => html = html.replacen(tag, "", 1),
            _ => {}
        }
    }
    let mut parts = vec![part("page.js", &dist_text(tools, program)?)?, part("page_bg.wasm", &packed(tools, wasm)?)?];
    for name in WORKERS {
        let (script, wasm) = (format!("{name}.js"), format!("{name}_bg.wasm"));
        parts.push(part(&script, &dist_text(tools, &script)?)?);
        parts.push(part(&wasm, &packed(tools, &wasm)?)?);
    }
    let start = format!("<script type=\"module\">{}</script>", tools.text("static/single.js")?);
    let end = html.rfind("</body>").ok_or_else(|| missing("end"))?;
    html.insert_str(end, &format!("{}{start}", parts.concat()));
    Ok(html)
}

/// A file within the page, by its name: a script of a kind that no browser runs.
fn part(name: &str, text: &str) -> Result<String, String> {
    match text.contains("</script") {
        true => Err(format!("{name} has the end of a script in it, and cannot stand in one")),
        false => Ok(format!("<script type=\"text/plain\" data-file=\"{name}\">{text}</script>")),
    }
}

fn dist_text(tools: &Toolbox, name: &str) -> Result<String, String> {
    tools.text(&format!("dist/{}", name.trim_start_matches("./")))
}

/// A file of the build, compressed and in base64.
fn packed(tools: &Toolbox, name: &str) -> Result<String, String> {
    let path = tools.file("dist").join(name.trim_start_matches("./"));
    let output = tools.command("gzip", ["-9", "-n", "-c"]).arg(&path).output();
    match output {
        Ok(output) if output.status.success() => Ok(base64(&output.stdout)),
        Ok(output) => Err(format!("gzip failed on {name}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("cannot start gzip: install it ({error})")),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().enumerate().fold(0_u32, |word, (place, byte)| word | u32::from(*byte) << (16 - 8 * place));
        for place in 0..4 {
            let sign = SIGNS[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= three.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

/// The opening tags that begin so.
fn tags<'a>(html: &'a str, start: &'static str) -> impl Iterator<Item = &'a str> {
    html.match_indices(start).filter_map(|(from, _)| Some(&html[from..=from + html[from..].find('>')?]))
}

/// The value of an attribute of a tag, which the minifier of the build may have left without quotes.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}="))?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([' ', '>']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::{attribute, base64, part, tags};

    #[test]
    fn bytes_become_base64_as_the_standard_has_it() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn tags_are_read_with_and_without_quotes() {
        let html = "<link href=./a.css rel=stylesheet><link rel=\"icon\" href=\"data:,x y\" /><script src=./boot.js type=module></script>";
        let links: Vec<&str> = tags(html, "<link").collect();
        assert_eq!(links.iter().map(|tag| attribute(tag, "href")).collect::<Vec<_>>(), [Some("./a.css"), Some("data:,x y")]);
        assert_eq!(attribute(links[0], "rel"), Some("stylesheet"));
        assert_eq!(attribute(links[0], "media"), None);
    }

    #[test]
    fn what_would_end_its_own_script_is_refused() {
        assert!(part("a.js", "let x = '</script>';").is_err());
        assert!(part("a.js", "let x = 1;").is_ok_and(|part| part.contains("data-file=\"a.js\">let x = 1;<")));
    }
}
