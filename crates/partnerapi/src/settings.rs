//! Settings: parsed once, named in every complaint, and listed in a reference that is generated from them.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};
use ipnet::IpNet;
use kernel::db::Location;

use crate::cli::Cli;

const PREFIX: &str = "PARTNERAPI_";

/// Reads the command line and the environment. What is wrong there is told and ends the program.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let unreadable = std::env::vars_os().find_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        value.to_str().is_none().then_some(name)
    });
    if let Some(name) = unreadable {
        eprintln!("error: {name} may be text in UTF-8");
        return Err(ExitCode::from(2));
    }
    let matches = command().try_get_matches().map_err(|error| complain(&error))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| complain(&error))?;
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    match unknown_variables(set).as_slice() {
        [] => Ok(cli),
        unknown => {
            for complaint in unknown {
                eprintln!("error: {complaint}");
            }
            Err(ExitCode::from(2))
        }
    }
}

/// The command line, whose help shows the variables' names and never what they hold.
fn command() -> Command {
    fn hide(command: Command) -> Command {
        command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(hide)
    }
    hide(Cli::command())
}

fn complain(error: &clap::Error) -> ExitCode {
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg)
        && error.kind() == ErrorKind::UnknownArgument
        && word.contains("://")
    {
        // It may hold a password.
        eprintln!("error: there is an address where none belongs; a database goes behind --database-url");
        return ExitCode::from(2);
    }
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        drop(error.print());
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    match complaint_about_value(error, &std::env::args().collect::<Vec<_>>()) {
        Some(complaint) => eprintln!("error: {complaint}"),
        None => drop(error.print()),
    }
    ExitCode::from(2)
}

/// Names the flag or the variable that the value came from, and what it may be. The value itself is not
/// repeated: it may be a password.
fn complaint_about_value(error: &clap::Error, command_line: &[String]) -> Option<String> {
    let Some(ContextValue::String(usage)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = usage.split([' ', '=']).next()?;
    let is_typed = command_line.iter().any(|word| word == flag || word.starts_with(&format!("{flag}=")));
    let asked = |setting: &Setting| setting.flag == flag && setting.belongs_to(command_line);
    let variable = arguments().into_iter().find(asked)?.variable;
    let name = if is_typed { flag.to_owned() } else { variable };
    let may_be = match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => source.to_string(),
        (None, Some(ContextValue::Strings(values))) => format!("may be {}", values.join(" or ")),
        _ => return None,
    };
    Some(format!("{name} {may_be}"))
}

fn unknown_variables(set: impl Iterator<Item = String>) -> Vec<String> {
    let known: Vec<String> = arguments().into_iter().map(|setting| setting.variable).collect();
    let mut unknown: Vec<String> =
        set.filter(|name| name.starts_with(PREFIX) && !known.contains(name)).collect();
    unknown.sort();
    unknown
        .into_iter()
        .map(|name| {
            let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, &name));
            format!("there is no setting {name}; did you mean {}?", nearest.map_or("none", String::as_str))
        })
        .collect()
}

/// A setting as the reference shows it.
struct Setting {
    variable: String,
    flag: String,
    default: String,
    help: String,
    commands: Vec<String>,
}

impl Setting {
    /// Two commands may have a flag of the same name, with a variable each.
    fn belongs_to(&self, command_line: &[String]) -> bool {
        let is_typed =
            |command: &String| command.split(' ').all(|name| command_line.iter().any(|word| word == name));
        self.commands.is_empty() || self.commands.iter().any(is_typed)
    }
}

/// All settings, by their variables.
fn arguments() -> Vec<Setting> {
    let mut settings: BTreeMap<String, Setting> = BTreeMap::new();
    let mut pending = vec![(String::new(), command())];
    while let Some((path, command)) = pending.pop() {
        for argument in command.get_arguments() {
            let Some(variable) = argument.get_env().and_then(|name| name.to_str()) else { continue };
            let setting = settings.entry(variable.to_owned()).or_insert_with(|| describe(variable, argument));
            if setting.flag.is_empty() {
                setting.flag = flag(argument);
            }
            if !path.is_empty() {
                setting.commands.push(path.clone());
            }
        }
        pending.extend(command.get_subcommands().map(|sub| (join(&path, sub), sub.clone())));
    }
    settings.into_values().collect()
}

fn join(path: &str, command: &Command) -> String {
    format!("{path} {}", command.get_name()).trim().to_owned()
}

fn describe(variable: &str, argument: &Arg) -> Setting {
    let defaults: Vec<_> = argument.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    // Of two values the help tells in words.
    if let values @ [_, _, _, ..] = argument.get_possible_values().as_slice() {
        let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        help = format!("{help}: {}", names.join(", "));
    }
    Setting {
        variable: variable.to_owned(),
        flag: flag(argument),
        default: defaults.join(","),
        help,
        commands: Vec::new(),
    }
}

fn flag(argument: &Arg) -> String {
    argument.get_long().map_or_else(String::new, |long| format!("--{long}"))
}

/// The reference of all settings, as docs/operations.md has it.
pub(crate) fn reference() -> String {
    let mut page =
        String::from("| variable | flag | default | meaning | commands |\n|---|---|---|---|---|\n");
    for Setting { variable, flag, default, help, mut commands } in arguments() {
        commands.sort();
        let quoted = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
        let commands = if commands.is_empty() { "all".to_owned() } else { commands.join(", ") };
        let row =
            format!("| `{variable}` | {} | {} | {help} | {commands} |\n", quoted(&flag), quoted(&default));
        page.push_str(&row);
    }
    page
}

/// A setting that may be left out, or set to nothing, which is the same.
#[derive(Clone, Debug)]
pub(crate) struct Optional<T>(pub(crate) Option<T>);

impl<T: Describe> FromStr for Optional<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|value| Self(Some(value))).map_err(|_| T::MAY_BE.to_owned())
    }
}

/// What a value of this type may be.
pub(crate) trait Describe: FromStr {
    const MAY_BE: &'static str;
}

impl Describe for u16 {
    const MAY_BE: &'static str = "may be a port from 0 to 65535, or nothing";
}

impl Describe for u64 {
    const MAY_BE: &'static str = "may be a whole number, or nothing";
}

impl Describe for std::path::PathBuf {
    const MAY_BE: &'static str = "may be a file";
}

/// The address of a replica, which only PostgreSQL has.
#[derive(Clone, Debug)]
pub(crate) struct Replica(pub(crate) String);

impl FromStr for Replica {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(Location::Postgres(address)) => Ok(Self(address)),
            _ => Err(Self::MAY_BE),
        }
    }
}

impl Describe for Replica {
    const MAY_BE: &'static str = "may be postgres://USER:PASSWORD@HOST:PORT/DATABASE, or nothing";
}

/// An address to listen on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut found = text.to_socket_addrs().into_iter().flatten();
        found.next().map(Self).ok_or("may be an address and a port, like 127.0.0.1:8000 or [::]:8000")
    }
}

/// A time in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds <= 86_400.0);
        seconds
            .map(|seconds| Self(Duration::from_secs_f64(seconds)))
            .ok_or("may be seconds, above 0 and up to 86400")
    }
}

impl Describe for Seconds {
    const MAY_BE: &'static str = "may be seconds, above 0 and up to 86400, or nothing";
}

/// A pause in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(pub(crate) Duration);

impl FromStr for Pause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().ok().filter(|seconds: &f64| (0.0..=86_400.0).contains(seconds));
        seconds.map(|seconds| Self(Duration::from_secs_f64(seconds))).ok_or("may be seconds, from 0 to 86400")
    }
}

/// How often something is repeated; for ever if `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeats(pub(crate) Option<u32>);

impl FromStr for Repeats {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<i64>() {
            Ok(-1) => Ok(Self(None)),
            Ok(count) => u32::try_from(count).map(|count| Self(Some(count))).map_err(|_| ()),
            Err(_) => Err(()),
        }
        .map_err(|()| "may be a count from 0 on, or -1 for ever")
    }
}

impl Describe for kernel::events::Address {
    const MAY_BE: &'static str =
        "may be amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS, or nothing";
}

/// The base address of a partner, without a slash at its end.
#[derive(Clone, Debug)]
pub(crate) struct PartnerUrl(pub(crate) String);

impl FromStr for PartnerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = reqwest::Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if sound { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(Self::MAY_BE) }
    }
}

impl Describe for PartnerUrl {
    const MAY_BE: &'static str = "may be an address like https://partner.example/api, or nothing";
}

/// What absolute links begin with, without a slash at its end.
#[derive(Clone, Debug)]
pub(crate) struct PublicUrl(pub(crate) String);

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = reqwest::Url::parse(text).is_ok_and(|url| {
            let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain
        });
        if sound { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(Self::MAY_BE) }
    }
}

impl Describe for PublicUrl {
    const MAY_BE: &'static str = "may be an address like https://api.example.org, or nothing";
}

impl Describe for orders::StatusMap {
    const MAY_BE: &'static str = "may be JSON like {\"created\":{\"status_id\":0,\"their_status_id\":0}}";
}

/// Networks, separated by commas.
#[derive(Clone, Debug)]
pub(crate) struct Networks(pub(crate) Vec<IpNet>);

impl FromStr for Networks {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let networks =
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
                part.parse::<IpNet>().or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from))
            });
        networks.collect::<Result<_, _>>().map(Self).map_err(|_| "may be networks like 10.0.0.0/8,::1/128")
    }
}

pub(crate) fn database_url(text: &str) -> Result<Location, &'static str> {
    text.parse()
}

pub(crate) fn count(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "may be a number from 0 on")
}

pub(crate) fn connections(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=200).contains(count)).ok_or("may be a number from 1 to 200")
}

pub(crate) fn retries(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|count| *count <= 1_000).ok_or("may be a number from 0 to 1000")
}

pub(crate) fn per_minute(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|count| *count > 0).ok_or("may be a number from 1 on")
}

pub(crate) fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "may be a whole number")
}

pub(crate) fn clients(text: &str) -> Result<u16, &'static str> {
    text.parse().ok().filter(|count| (1..=1_000).contains(count)).ok_or("may be a number from 1 to 1000")
}

pub(crate) fn seats(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|count| (1..=100_000).contains(count)).ok_or("may be a number from 1 to 100000")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(arguments: &[&str]) -> String {
        let error = command().try_get_matches_from(arguments).unwrap_err();
        let words: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        complaint_about_value(&error, &words).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_broken_value_is_named_with_what_it_may_be_and_never_repeated() {
        let complaint = complaint(&["partnerapi", "migrate", "--database-url", "mysql://root:secret@db"]);
        assert!(complaint.starts_with("--database-url may be sqlite:FILE or postgres://"), "{complaint}");
        assert!(!complaint.contains("secret"), "{complaint}");
    }

    #[test]
    fn the_password_of_a_broker_is_never_repeated() {
        let complaint = complaint(&["partnerapi", "serve", "--rabbitmq-url", "ampq://shop:secret@mq"]);
        assert!(complaint.starts_with("--rabbitmq-url may be amqp://USER"), "{complaint}");
        assert!(!complaint.contains("secret"), "{complaint}");
    }

    #[test]
    fn a_count_of_repeats_may_be_for_ever_and_a_pause_a_fraction() {
        let repeats = |text: &str| text.parse::<Repeats>().map(|Repeats(count)| count);
        assert_eq!(repeats("-1"), Ok(None));
        assert_eq!(repeats("0"), Ok(Some(0)));
        assert!(["-2", "1.5", "", "many"].into_iter().all(|text| repeats(text).is_err()));
        assert_eq!("0.25".parse().map(|Pause(pause)| pause), Ok(Duration::from_millis(250)));
        assert!(["-1", "NaN", "inf", ""].into_iter().all(|text| text.parse::<Pause>().is_err()));
    }

    #[test]
    fn an_unknown_variable_is_named_with_the_nearest_known_one() {
        let set = ["PATH", "PARTNERAPI_LISTEN", "PARTNERAPI_LISTNE"].map(str::to_owned);
        let complaints = unknown_variables(set.into_iter());
        assert_eq!(complaints, ["there is no setting PARTNERAPI_LISTNE; did you mean PARTNERAPI_LISTEN?"]);
    }
}
