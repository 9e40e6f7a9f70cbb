//! The link by itself, in front of a server that sends everything back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use postgres_cluster::{Cut, LATENCY_MAX, Latency, Link};

const MOMENT: Duration = Duration::from_millis(100);

/// A server that sends back what it gets, until the test ends.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

fn connect(link: &Link) -> TcpStream {
    let stream = TcpStream::connect(link.address()).expect("the link takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream
}

fn exchange(stream: &mut TcpStream, byte: u8) -> std::io::Result<Duration> {
    let begun = Instant::now();
    stream.write_all(&[byte])?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    assert_eq!(answer, [byte]);
    Ok(begun.elapsed())
}

#[test]
fn bytes_arrive_whole_in_order_and_late() {
    let link = Link::start(echo()).expect("a link");
    let mut stream = connect(&link);
    exchange(&mut stream, 1).expect("an answer");
    link.set_latency(Latency { there: MOMENT, back: MOMENT * 2 }).expect("it is short enough");
    let late = exchange(&mut stream, 2).expect("an answer");
    assert!(late >= MOMENT * 3, "{late:?}");
    // A lower latency does not make what comes later overtake, and much more than a queue's chunks goes through.
    let bytes: Vec<u8> = (0..9_000_000_u32).map(|number| number.to_le_bytes()[0] ^ number.to_le_bytes()[1]).collect();
    let mut writing = stream.try_clone().expect("a handle");
    let sent = bytes.clone();
    let writer = thread::spawn(move || writing.write_all(&sent));
    link.set_latency(Latency::default()).expect("none is short enough");
    let mut received = vec![0; bytes.len()];
    stream.read_exact(&mut received).expect("all of it");
    writer.join().expect("no panic").expect("all was sent");
    assert!(received == bytes, "what comes is not what was sent");
    assert!(link.set_latency(Latency::each_way(LATENCY_MAX * 2)).is_err());
}

#[test]
fn a_stalled_connection_goes_on_where_it_stopped() {
    let link = Link::start(echo()).expect("a link");
    let mut stream = connect(&link);
    exchange(&mut stream, 1).expect("an answer");
    link.cut(Cut::Stall);
    stream.write_all(&[2]).expect("the kernel takes it");
    stream.set_read_timeout(Some(MOMENT)).expect("a time-out");
    let mut answer = [0];
    assert!(stream.read_exact(&mut answer).is_err(), "something came through: {answer:?}");
    let mut new = connect(&link);
    new.write_all(&[3]).expect("the kernel takes it");
    link.heal();
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream.read_exact(&mut answer).expect("it goes on");
    assert_eq!(answer, [2]);
    new.read_exact(&mut answer).expect("the new one begins");
    assert_eq!(answer, [3]);
    assert_eq!(link.condition().connections, 2);
}

#[test]
fn a_reset_closes_connections_until_the_link_is_healed() {
    let link = Link::start(echo()).expect("a link");
    let mut stream = connect(&link);
    exchange(&mut stream, 1).expect("an answer");
    link.cut(Cut::Reset);
    assert!(exchange(&mut stream, 2).is_err());
    assert!(exchange(&mut connect(&link), 3).is_err());
    link.heal();
    exchange(&mut connect(&link), 4).expect("an answer");
}

#[test]
fn a_link_leads_elsewhere_and_ends_when_it_is_dropped() {
    let (one, next) = (echo(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let link = Link::start(one).expect("a link");
    let mut stream = connect(&link);
    exchange(&mut stream, 1).expect("an answer");
    link.retarget(next.local_addr().expect("an address"));
    assert!(exchange(&mut stream, 2).is_err());
    let mut stream = connect(&link);
    let (mut server, _) = next.accept().expect("it comes here now");
    server.write_all(&[9]).expect("written");
    let mut answer = [0];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, [9]);
    // The end of one side is the end of the other.
    drop(server);
    assert_eq!(stream.read(&mut answer).expect("an orderly end"), 0);
    let address = link.address();
    drop(link);
    assert!(TcpStream::connect(address).is_err());
}
