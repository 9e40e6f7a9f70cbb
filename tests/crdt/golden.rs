//! Golden stories: what the sources say of each type, as data in `stories.txt`.

use std::collections::BTreeSet;

use super::players::Players;
use super::roles::players;

const STORIES: &str = include_str!("stories.txt");

/// All types have a story, and in which forms.
const TYPES: [&str; 22] = [
    "g-counter",
    "pn-counter",
    "op-counter",
    "lww-register",
    "mv-register",
    "g-set",
    "2p-set",
    "u-set",
    "lww-element-set",
    "lww-element-set-remove",
    "pn-set",
    "or-set",
    "or-set-optimised",
    "op-or-set",
    "2p2p-graph",
    "monotonic-dag",
    "partial-order",
    "rga",
    "op-rga",
    "treedoc",
    "mv-map",
    "or-map",
];

fn name(word: &str) -> char {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ 'A'..='C'), None) => letter,
        _ => panic!("'{word}' is no replica"),
    }
}

/// One step: what it does, and whether that is what the line says.
fn step(players: &mut dyn Players, line: &str) -> Result<(), String> {
    let (what, refusal) = line.split_once(" ! ").map_or((line, None), |(what, refusal)| (what, Some(refusal)));
    let words: Vec<&str> = what.split(' ').filter(|word| !word.is_empty()).collect();
    let at = name(words[0]);
    if let Some(place) = words.iter().position(|word| *word == "=") {
        let (seen, said) = (players.ask(at, &words[1..place]), words[place + 1..].join(" "));
        return if seen == said { Ok(()) } else { Err(format!("'{seen}' is seen")) };
    }
    let done = match words[1..] {
        ["<-", from] => {
            players.merge(at, name(from));
            Ok(())
        }
        ["gets", op] => players.get(at, op),
        [ref update @ .., "as", op] => players.update_as(at, update, op),
        ref update => players.update(at, update),
    };
    match (done, refusal) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(_)) => Err("it is not refused".to_owned()),
        (Err(error), said) if said == Some(error.to_string().as_str()) => Ok(()),
        (Err(error), _) => Err(format!("it is refused: {error}")),
    }
}

#[test]
fn stories_go_as_their_sources_say() {
    let mut told = BTreeSet::new();
    let mut open: Option<(String, Box<dyn Players>)> = None;
    let mut sourced = true;
    for (line_number, line) in STORIES.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix("story ") {
            assert!(sourced, "line {}: the story before has no source", line_number + 1);
            let (kind, _) = title.split_once(": ").expect("a type and a title");
            told.insert(kind.to_owned());
            open = Some((title.to_owned(), players(kind)));
            sourced = false;
        } else if line.starts_with("source: ") {
            sourced = true;
        } else {
            let (title, players) = open.as_mut().expect("steps stand in a story");
            step(players.as_mut(), line).unwrap_or_else(|said| panic!("line {}, {title}: '{line}', but {said}", line_number + 1));
        }
    }
    assert_eq!(told, TYPES.iter().map(|kind| (*kind).to_owned()).collect(), "every type has a story");
}

#[test]
fn a_story_that_is_wrong_is_noticed() {
    let mut replicas = players("g-counter");
    step(replicas.as_mut(), "A increment 2").expect("it is carried out");
    assert_eq!(step(replicas.as_mut(), "A = 3"), Err("'2' is seen".to_owned()));
    assert_eq!(step(replicas.as_mut(), "A increment 1 ! never"), Err("it is not refused".to_owned()));
    let mut replicas = players("2p-set");
    assert!(step(replicas.as_mut(), "A remove a").is_err(), "a refusal has to be said");
}
