//! Where it listens: addresses, sockets that systemd passes, and what is left of a Unix socket.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use listenfd::ListenFd;

use crate::domain::Invalid;
use crate::domain::path::shown;
use crate::error::{Code, Error};

/// The owner and the group may connect.
const MODE: u32 = 0o660;

/// An address to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// A Unix socket.
    Unix(PathBuf),
    /// An address and a port.
    Tcp(SocketAddr),
}

impl FromStr for ListenAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix("unix:") {
            Some("") => None,
            Some(path) => Some(ListenAddress::Unix(path.into())),
            None => text.parse().ok().map(ListenAddress::Tcp),
        }
        .ok_or_else(|| {
            Invalid::new(format!("'{text}' is not an address to listen at"))
                .hint("write unix:PATH, or an address with a port: 127.0.0.1:8787, [::1]:8787")
        })
    }
}

/// A socket that listens.
#[derive(Debug)]
pub enum Socket {
    /// It was made at a path, or passed.
    Unix(UnixListener),
    /// It listens to an address and a port.
    Tcp(TcpListener),
}

/// A socket, and what is known of it.
#[derive(Debug)]
pub struct ListenSocket {
    /// The socket; it does not block.
    pub socket: Socket,
    /// Where it listens, in words.
    pub address: String,
    /// What is to be removed at the end.
    pub made: Option<MadeSocket>,
}

/// The file of a Unix socket that was made here: path, device and inode.
#[derive(Debug)]
pub struct MadeSocket(PathBuf, u64, u64);

impl ListenSocket {
    /// Listens at an address.
    ///
    /// # Errors
    /// If somebody else does, or it cannot be had.
    pub fn open(address: &ListenAddress) -> Result<Self, Error> {
        let failed = |cause: io::Error| {
            let at = match address {
                ListenAddress::Unix(path) => format!("unix:{}", shown(path)),
                ListenAddress::Tcp(address) => address.to_string(),
            };
            Error::io(&format!("listen at {at}"), cause)
        };
        match address {
            ListenAddress::Unix(path) => {
                let listener = bind(path).map_err(failed)?;
                let found = fs::symlink_metadata(path).map_err(failed)?;
                let made = MadeSocket(path.clone(), found.dev(), found.ino());
                let mut listener = ListenSocket::of(Socket::Unix(listener)).map_err(failed)?;
                listener.made = Some(made);
                Ok(listener)
            }
            ListenAddress::Tcp(address) => TcpListener::bind(address)
                .and_then(|listener| ListenSocket::of(Socket::Tcp(listener)))
                .map_err(failed),
        }
    }

    /// The sockets that systemd passes to this process, if it does.
    ///
    /// # Errors
    /// If one of them is no socket that listens.
    pub fn passed() -> Result<Vec<Self>, Error> {
        let mut passed = ListenFd::from_env();
        let unusable = |cause: io::Error| {
            Error::new(Code::Io, "a socket that systemd passed cannot be used")
                .because(cause)
                .hint("in its .socket unit write ListenStream=")
        };
        (0..passed.len())
            .map(|at| {
                let socket = match passed.take_unix_listener(at) {
                    Ok(listener) => listener.map(Socket::Unix),
                    Err(_) => passed
                        .take_tcp_listener(at)
                        .map_err(unusable)?
                        .map(Socket::Tcp),
                };
                let socket = socket.expect("each is taken once");
                ListenSocket::of(socket).map_err(unusable)
            })
            .collect()
    }

    fn of(socket: Socket) -> io::Result<Self> {
        let address = match &socket {
            Socket::Unix(listener) => {
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                let path = address.as_pathname().unwrap_or(Path::new("(no path)"));
                format!("unix:{}", shown(path))
            }
            Socket::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                listener.local_addr()?.to_string()
            }
        };
        Ok(ListenSocket {
            socket,
            address,
            made: None,
        })
    }

    /// Whether somebody on another machine can come to it.
    pub fn is_open_to_networks(&self) -> bool {
        match &self.socket {
            Socket::Unix(_) => false,
            Socket::Tcp(listener) => listener
                .local_addr()
                .is_ok_and(|address| !address.ip().to_canonical().is_loopback()),
        }
    }
}

impl Drop for MadeSocket {
    fn drop(&mut self) {
        let MadeSocket(path, device, inode) = self;
        let found = fs::symlink_metadata(&*path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == (*device, *inode)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes a socket at a path, in place of one at which nobody listens any more.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path) {
            Err(e) if e.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            Err(e) => return Err(e),
            Ok(_) => return Err(ErrorKind::AddrInUse.into()),
        },
        Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(listener)
}
