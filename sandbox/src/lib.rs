//! A local gateway that stands in for Antom: it checks what it receives as strictly as Antom does, signs what it
//! answers, and says why it refuses. It listens on this machine only, and nothing in it is real.
//!
//! ```no_run
//! use antom_sandbox::{Sandbox, Settings};
//!
//! # async fn example() -> Result<(), antom_sandbox::StartError> {
//! let sandbox = Sandbox::start(Settings::default()).await?;
//! println!("{}", sandbox.https_url());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod cards;
mod checkout;
mod clock;
mod console;
mod control;
mod exchange;
mod faults;
mod gateway;
mod identity;
mod indented;
mod journal;
mod literal;
mod mask;
mod notifications;
mod pages;
mod paste;
mod random;
mod rate_limit;
mod safety;
mod server;
mod settings;
mod span;
mod token;
mod vaulting;
mod world;

pub use exchange::{Exchange, Verdict};
pub use faults::{FAULTS, Fault, FaultRule, Outcome, Parameter, Unit, WrongFault};
pub use identity::Files;
pub use indented::indented_json;
pub use mask::mask_secrets;
pub use notifications::{NotificationSettings, Profile, Sample, SampleVerdict};
pub use paste::Paste;
pub use server::Sandbox;
pub use settings::{DEFAULT_CLIENT_ID, Settings, StartError, session_lifetime};
pub use span::{NotASpan, Span};
pub use token::{NotAToken, Token};
