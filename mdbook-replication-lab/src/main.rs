//! A preprocessor for mdBook: `{{#replication-lab preset=…}}` becomes a lab.
//!
//! mdBook asks `supports RENDERER`, then writes its context and the book as JSON and reads the book back
//! (<https://rust-lang.github.io/mdBook/for_developers/preprocessors.html>). A book with a mistake is not built: each is told with file and line.

mod book;
mod directive;
mod element;

use std::io::{Read, Write};
use std::process::ExitCode;

use serde_json::Value;

/// The largest book that is read, in bytes of JSON.
const BOOK_MAX: u64 = 512 << 20;
const USAGE: &str =
    "mdbook-replication-lab is a preprocessor: add a table [preprocessor.replication-lab] to book.toml, and run mdbook";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] => preprocess(),
        // Pages of other renderers hold no elements.
        ["supports", renderer] => return if *renderer == "html" { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Reads what mdBook writes, and writes the book.
fn preprocess() -> Result<(), String> {
    let mut input = Vec::new();
    let read = std::io::stdin().lock().take(BOOK_MAX + 1).read_to_end(&mut input);
    read.map_err(|error| format!("what mdBook says cannot be read: {error}"))?;
    if input.len() as u64 > BOOK_MAX {
        return Err(format!("the book has more than {BOOK_MAX} bytes"));
    }
    let (context, mut book): (Value, Value) =
        serde_json::from_slice(&input).map_err(|error| format!("{USAGE} (this is no book: {error})"))?;
    book::put_labs(&context, &mut book).map_err(|mistakes| mistakes.join("\nerror: "))?;
    let written = serde_json::to_vec(&book).map_err(|error| error.to_string())?;
    std::io::stdout().lock().write_all(&written).map_err(|error| format!("the book cannot be handed on: {error}"))
}
