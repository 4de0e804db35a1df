//! nginx with `auth_request` beside the same nginx without.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};

use crate::server::{self, Server};
use crate::{in_turns, wrk};

/// The same application twice, with the same settings, and asked about once.
const CONFIGURATION: &str = r#"
daemon off;
pid DIRECTORY/nginx.pid;
error_log stderr;
worker_processes auto;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 100000000;
    upstream application { server APPLICATION; keepalive 32; keepalive_requests 100000000; }
    upstream zenflow_keys { server SERVE; keepalive 32; keepalive_requests 100000000; }
    proxy_http_version 1.1;
    server {
        listen APPLICATION;
        location / { return 200 "an order"; }
    }
    server {
        listen GATEWAY;
        proxy_set_header Connection "";
        location /api/v1/ {
            auth_request /zenflow-keys;
            auth_request_set $zenflow_id $upstream_http_x_zenflow_key_id;
            proxy_pass http://application;
        }
        location /free/ { proxy_pass http://application; }
        location = /zenflow-keys {
            internal;
            proxy_pass http://zenflow_keys/auth/nginx;
            proxy_pass_request_body off;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Real-IP $remote_addr;
        }
    }
}
"#;

pub fn bench(directory: &Path) {
    let db = directory.join("gateway.db");
    let key = server::store(&db, 100_000);
    let server = Server::serve(&db);
    let script = wrk::script(directory, &key);
    let nginx = Nginx::start(directory, &server.address);
    let rate = |path| wrk::run(&nginx.address, path, 32, &script).requests_a_second;
    let (asked, free) = in_turns(|| rate("/api/v1/orders/17"), || rate("/free/orders/17"));
    println!(
        "    behind nginx: {asked:.0} requests a second, {:.0} % of {free:.0} without auth_request (goal: 45)",
        100.0 * asked / free
    );
    let median = |path| wrk::run(&nginx.address, path, 1, &script).median;
    println!(
        "                  median of one connection {}, {} without (goal: at most 100 us more)",
        median("/api/v1/orders/17"),
        median("/free/orders/17")
    );
}

struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    fn start(directory: &Path, serve: &str) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [free(), free()].map(|free| free.local_addr().unwrap().to_string());
        let [address, application] = addresses;
        let text = CONFIGURATION
            .replace("DIRECTORY", directory.to_str().unwrap())
            .replace("APPLICATION", &application)
            .replace("SERVE", serve)
            .replace("GATEWAY", &address);
        let path = directory.join("nginx.conf");
        fs::write(&path, text).unwrap();
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&path)
            .arg("-p")
            .arg(directory)
            .spawn()
            .unwrap();
        while TcpStream::connect(&address).is_err() {
            std::thread::yield_now();
        }
        Nginx { child, address }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
