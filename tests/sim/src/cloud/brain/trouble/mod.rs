//! Trouble by script: things that happen at their time, and the named scenarios made of them.
//! Owns what each scenario is; carrying a deed out is the account's business.

mod deed;
mod scenario;
mod scripts;

pub use deed::{Deed, ScriptLine};
pub use scenario::{SCENARIOS, ScenarioTarget, scenario};
