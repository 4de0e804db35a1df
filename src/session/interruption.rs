//! Whether somebody wants the program to stop: Ctrl-C, the end of the terminal, or a polite
//! request. A command that has something to tidy up asks here instead of being ended at once.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::Error;

/// Signals that arrive from now on.
#[derive(Debug)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Begins to listen. The first signal then no longer ends the program by itself; the second
    /// does.
    pub fn listen() -> Result<Self, Error> {
        let arrived = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&arrived))
                .and_then(|_| flag::register(signal, Arc::clone(&arrived)))
                .map_err(|e| Error::io("listen for an interruption", e))?;
        }
        Ok(Interruption(arrived))
    }

    /// Whether to go on.
    pub fn go_on(&self) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
