//! The real process: its exit statuses, the files it makes and refuses, its streams, many of it at
//! once, and where secrets may be.

mod ancestors;
mod backup;
mod batch;
mod contention;
mod doctor;
mod files;
mod hostile;
mod imports;
mod limits;
mod load;
#[cfg(target_os = "linux")]
mod memory;
mod owners;
mod publishing;
mod restore;
mod secrets;
pub mod served;
mod session;
mod statuses;
mod stray_logs;
mod streams;
