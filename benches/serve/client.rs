//! One connection that asks one question after the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            answer: vec![0; 4096],
        }
    }

    /// Sends a request whose answer is 200 and fits into one packet; how long that took.
    pub fn ask(&mut self, request: &str) -> Duration {
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).unwrap();
        let length = self.stream.read(&mut self.answer).unwrap();
        let took = started.elapsed();
        let answer = String::from_utf8_lossy(&self.answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        took
    }
}

/// What nginx asks.
pub fn of_nginx(key: &str) -> String {
    format!(
        "GET /auth/nginx HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nX-Original-Method: GET\r\n\
         X-Original-URI: /api/v1/orders/17\r\nX-Real-IP: 203.0.113.7\r\n\r\n"
    )
}

/// A use from this address.
pub fn from(key: &str, address: u32) -> String {
    let request = of_nginx(key);
    let [_, second, third, fourth] = address.to_be_bytes();
    request.replace("203.0.113.7", &format!("10.{second}.{third}.{fourth}"))
}
