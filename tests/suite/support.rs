//! What the tests have in common: the program in process and as a process, a terminal, a home, the
//! schemas, and the programs that a test needs.

pub mod earlier;
pub mod home;
pub mod in_process;
pub mod plain;
pub mod process;
pub mod schema;
pub mod shell;
pub mod terminal;
pub mod tools;
