//! A cluster that outlives the command that started it: one process owns it, and takes orders on a socket in the
//! cluster's folder, one a connection. An order is a line of words; the answer is `done` or `failed` on the first line,
//! and then what there is to say. Whoever may write to the socket's file may give orders: its owner.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::folder::CONTROL;
use crate::order::Order;

/// No order is longer.
const ORDER_MAX: u64 = 4_096;
/// Who connects and says nothing does not keep others out for longer.
const SILENCE: Duration = Duration::from_secs(5);

fn socket(folder: &Path) -> PathBuf {
    folder.join(CONTROL)
}

/// Takes orders until one ends the cluster. The answer to that one comes when everything is stopped.
///
/// # Errors
///
/// [`Error::Io`] if there can be no socket in the folder, for example because its path is longer than a hundred bytes.
pub fn serve(mut cluster: Cluster) -> Result<(), Error> {
    let path = socket(&cluster.settings().folder);
    let listener = UnixListener::bind(&path).map_err(Error::io("listen at", &path))?;
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let answer = match receive(&stream) {
            Ok(Order::Down) => {
                // The socket goes first: who comes now hears that nothing is up, and not that somebody is silent.
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                drop(cluster);
                // Whoever asked may be gone; it is done all the same.
                drop(stream.write_all(b"done\neverything is stopped"));
                return Ok(());
            }
            Ok(order) => order.carry_out(&mut cluster),
            Err(error) => Err(error),
        };
        let text = match answer {
            Ok(said) => format!("done\n{said}"),
            Err(error) => format!("failed\n{error}"),
        };
        drop(stream.write_all(text.as_bytes()));
    }
    Ok(())
}

fn receive(stream: &UnixStream) -> Result<Order, Error> {
    let failed = |source| Error::Io { what: "read", place: "an order".to_owned(), source };
    stream.set_read_timeout(Some(SILENCE)).map_err(failed)?;
    let mut line = String::new();
    BufReader::new(stream.take(ORDER_MAX)).read_line(&mut line).map_err(failed)?;
    Order::parse(&line.split_whitespace().collect::<Vec<_>>())
}

/// Does a process own a cluster in this folder, and take orders?
#[must_use]
pub fn is_served(folder: &Path) -> bool {
    UnixStream::connect(socket(folder)).is_ok()
}

/// Gives an order to the owner of the cluster in a folder; returns what it says, once it has done it.
///
/// # Errors
///
/// [`Error::NotServed`] if nobody takes orders there, [`Error::Refused`] with what the owner says.
pub fn send(folder: &Path, words: &[&str]) -> Result<String, Error> {
    let path = socket(folder);
    let mut stream = UnixStream::connect(&path).map_err(|_| Error::NotServed { folder: folder.to_owned() })?;
    let mut answer = String::new();
    writeln!(stream, "{}", words.join(" "))
        .and_then(|()| stream.read_to_string(&mut answer))
        .map_err(Error::io("give an order at", &path))?;
    match answer.split_once('\n') {
        Some(("done", said)) => Ok(said.to_owned()),
        Some((_, said)) => Err(Error::Refused { why: said.to_owned() }),
        None => Err(Error::Refused { why: "its owner ended without an answer".to_owned() }),
    }
}
