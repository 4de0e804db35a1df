//! What a command that goes on until it is stopped has to do with whoever started it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::context::Variable;
use crate::error::Error;

/// A polite request to end is heard for as long as this is kept.
pub struct Termination(Handle);

impl Termination {
    /// Does this once, on a thread of its own, when somebody asks this process to end.
    pub fn listen(stop: impl FnOnce() + Send + 'static) -> Result<Self, Error> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|e| Error::io("listen for a signal to stop", e))?;
        let handle = signals.handle();
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                stop();
            }
        });
        Ok(Termination(handle))
    }
}

impl Drop for Termination {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The socket at which systemd listens for news of its services, if it does (`sd_notify(3)`).
pub struct ServiceManager(Option<OsString>);

impl ServiceManager {
    /// The one that the environment names.
    pub fn new(variable: Variable<'_>) -> Self {
        ServiceManager(variable("NOTIFY_SOCKET"))
    }

    /// Tells it something, such as `READY=1`. That it does not hear it changes nothing here.
    pub fn notify(&self, news: &str) {
        let Some(address) = self.0.as_deref().and_then(address) else {
            return;
        };
        if let Ok(socket) = UnixDatagram::unbound() {
            let _ = socket.send_to_addr(news.as_bytes(), &address);
        }
    }
}

#[cfg(target_os = "linux")]
fn address(name: &OsStr) -> Option<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name).ok(),
        None => SocketAddr::from_pathname(name).ok(),
    }
}

#[cfg(not(target_os = "linux"))]
fn address(name: &OsStr) -> Option<SocketAddr> {
    SocketAddr::from_pathname(name).ok()
}
