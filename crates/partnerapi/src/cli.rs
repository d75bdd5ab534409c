//! The command line. Every flag has a variable, so that a container needs no flags.

mod affiliates;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kernel::db::Location;
use kernel::events;
use sandbox::{ErrorStatus, Ids, Rules};

pub(crate) use self::affiliates::Affiliates;
use crate::apis;
use crate::logging::Format;
use crate::settings::{
    Address, Networks, Optional, PartnerUrl, Pause, PublicUrl, Repeats, Replica, Seconds, clients,
    connections, count, database_url, number, retries, seats,
};

/// One server for partner APIs: five wire formats, one storage, one set of keys.
///
/// Try it: `partnerapi serve --demo` fills a new database with demo data, prints a key and a curl line, and serves
/// on port 8000.
#[derive(Debug, Parser)]
#[command(name = "partnerapi", version, about, disable_help_subcommand = true, infer_long_args = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// The database: sqlite:FILE, or postgres://USER:PASSWORD@HOST:PORT/DATABASE.
    #[arg(long, global = true, env = "PARTNERAPI_DATABASE_URL", default_value = "sqlite:partnerapi.db", value_parser = database_url, value_name = "URL")]
    pub(crate) database_url: Location,
    /// What is logged: error, warn, info, debug, trace, or a filter like info,request=warn.
    #[arg(long, global = true, env = "PARTNERAPI_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
    /// How log lines look: text for people, json for machines.
    #[arg(
        long,
        global = true,
        env = "PARTNERAPI_LOG_FORMAT",
        default_value = "text",
        value_enum,
        value_name = "FORMAT"
    )]
    pub(crate) log_format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring the schema up to date, then serve all APIs.
    Serve(Serve),
    /// Bring the schema of the database up to date and say what was done.
    Migrate,
    /// Make, list and revoke the keys of partners.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Load reference data from a file: all or nothing, and the same file twice changes nothing.
    Import {
        /// The API.
        #[arg(env = "PARTNERAPI_API", value_parser = apis::parser())]
        api: &'static apis::Entry,
        /// The file, or - for standard input.
        file: PathBuf,
        /// The account whose data it is, for APIs that keep data by account.
        #[arg(long, env = "PARTNERAPI_ACCOUNT")]
        account: Option<String>,
    },
    /// Write reference data to standard output, in the format that import reads.
    Export {
        /// The API.
        #[arg(env = "PARTNERAPI_API", value_parser = apis::parser())]
        api: &'static apis::Entry,
        /// The account whose data it is, for APIs that keep data by account.
        #[arg(long, env = "PARTNERAPI_ACCOUNT")]
        account: Option<String>,
        /// Write what is secret too: the access codes of routes.
        #[arg(long, env = "PARTNERAPI_WITH_SECRETS")]
        with_secrets: bool,
    },
    /// Add the account roles that the Routes API knows from the start. What is there already stays as it is.
    #[command(alias = "init_account_roles")]
    InitAccountRoles,
    /// Add the report types that the Routes API knows from the start. What is there already stays as it is.
    #[command(alias = "init_report_types")]
    InitReportTypes,
    /// Write a consistent copy of a live SQLite database to a new file.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Show the event stream, oldest first, one JSON object a line.
    Events {
        /// Go on with what happens from now on.
        #[arg(long, env = "PARTNERAPI_FOLLOW")]
        follow: bool,
        /// Show so many at most.
        #[arg(long, env = "PARTNERAPI_LIMIT", value_name = "N", value_parser = count)]
        limit: Option<u64>,
    },
    /// Read the configuration, reach for database, broker and partner, and say what is wrong.
    Check(Serve),
    /// Play a partner whose order API can be tried and tested against, with failures on demand.
    SandboxPartner(SandboxPartner),
    /// What belongs to the Tickets API.
    #[command(subcommand)]
    Tickets(TicketsCommand),
    /// Print the reference of all settings, in Markdown.
    #[command(hide = true)]
    Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and print it, once: it is stored only as a hash.
    Create {
        /// The API that the key opens.
        #[arg(long, env = "PARTNERAPI_API", value_parser = apis::parser())]
        api: &'static apis::Entry,
        /// The account that it belongs to. Whoever has the key sees this account's data and no other's.
        #[arg(long, env = "PARTNERAPI_ACCOUNT")]
        account: String,
        /// Tickets only: errors go out with HTTP 200, for clients that read the JSON only then.
        #[arg(long, env = "PARTNERAPI_ERRORS_AS_200")]
        errors_as_200: bool,
    },
    /// List all keys by their beginnings.
    List,
    /// End a key. It opens nothing any more within a second, on every server.
    Revoke {
        /// The beginning of the key, as `keys list` shows it.
        prefix: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TicketsCommand {
    /// Storm an installation of your own: many clients reserve the same seats at once, and what they reserved is
    /// cancelled again.
    Stress(Storm),
}

/// A storm of reservations.
#[derive(Args, Clone, Debug)]
pub(crate) struct Storm {
    /// The server.
    #[arg(long, env = "PARTNERAPI_STRESS_URL", default_value = "http://127.0.0.1:8000")]
    pub(crate) url: String,
    /// A key of the Tickets API.
    #[arg(long, env = "PARTNERAPI_KEY")]
    pub(crate) key: String,
    /// Clients at once.
    #[arg(long, env = "PARTNERAPI_CLIENTS", default_value_t = 64, value_parser = clients)]
    pub(crate) clients: u16,
    /// Seats to storm at most.
    #[arg(long, env = "PARTNERAPI_SEATS", default_value_t = 500, value_parser = seats)]
    pub(crate) seats: u32,
}

/// A partner to play.
#[derive(Args, Clone, Debug)]
pub(crate) struct SandboxPartner {
    /// The loopback address at which the sandbox partner listens.
    #[arg(long, env = "PARTNERAPI_SANDBOX_LISTEN", default_value = "127.0.0.1:8100", value_name = "ADDRESS")]
    pub(crate) listen: Address,
    /// What fails and how often, for instance create=500,find-orders=slow:200@0.1.
    #[arg(
        long,
        env = "PARTNERAPI_SANDBOX_FAIL",
        default_value = "",
        hide_default_value = true,
        value_name = "FAILURES"
    )]
    pub(crate) sandbox_fail: Rules,
    /// How the sandbox partner writes the ids of its orders: number, string, or code like SB-1001.
    #[arg(long, env = "PARTNERAPI_SANDBOX_IDS", default_value = "number", value_name = "FORM")]
    pub(crate) sandbox_ids: Ids,
    /// The id of its first order. Left out: one made from the time.
    #[arg(
        long,
        env = "PARTNERAPI_SANDBOX_FIRST_ID",
        default_value = "",
        hide_default_value = true,
        value_name = "N"
    )]
    pub(crate) sandbox_first_id: Optional<u64>,
    /// Seconds after which an order moves on to its next status. Left out: orders stay where they are put.
    #[arg(
        long,
        env = "PARTNERAPI_SANDBOX_ADVANCE",
        default_value = "",
        hide_default_value = true,
        value_name = "SECONDS"
    )]
    pub(crate) sandbox_advance: Optional<Seconds>,
    /// Write prices in error texts with a decimal comma.
    #[arg(long, env = "PARTNERAPI_SANDBOX_DECIMAL_COMMA")]
    pub(crate) sandbox_decimal_comma: bool,
    /// The HTTP status of an answer that refuses: 200, or 400 to 499.
    #[arg(long, env = "PARTNERAPI_SANDBOX_ERROR_STATUS", default_value = "200", value_name = "STATUS")]
    pub(crate) sandbox_error_status: ErrorStatus,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// The address to serve on.
    #[arg(long, env = "PARTNERAPI_LISTEN", default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    pub(crate) listen: Address,
    /// Fill a new database with demo data and print keys to try it with; only on a loopback address.
    #[arg(long, env = "PARTNERAPI_DEMO")]
    pub(crate) demo: bool,
    /// A PostgreSQL replica to read from.
    #[arg(
        long,
        env = "PARTNERAPI_DATABASE_READ_URL",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    pub(crate) database_read_url: Optional<Replica>,
    /// Database connections for writing at most, and as many for reading. SQLite has one writer.
    #[arg(long, env = "PARTNERAPI_DATABASE_CONNECTIONS", default_value = "8", value_parser = connections, value_name = "N")]
    pub(crate) database_connections: usize,
    /// A port for /metrics, on every address. Left out: /metrics on the main port, for trusted networks only.
    #[arg(
        long,
        env = "PARTNERAPI_METRICS_PORT",
        default_value = "",
        hide_default_value = true,
        value_name = "PORT"
    )]
    pub(crate) metrics_port: Optional<u16>,
    /// Seconds after which a request is answered with an error.
    #[arg(long, env = "PARTNERAPI_REQUEST_TIMEOUT", default_value = "60", value_name = "SECONDS")]
    pub(crate) request_timeout: Seconds,
    /// Networks that need no key of the Orders and Routes APIs, and may see the metrics on the main port.
    #[arg(
        long,
        env = "PARTNERAPI_TRUSTED_NETWORKS",
        default_value = "127.0.0.0/8,::1/128",
        value_name = "NETWORKS"
    )]
    pub(crate) trusted_networks: Networks,
    /// Proxies whose X-Forwarded-For counts.
    #[arg(
        long,
        env = "PARTNERAPI_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "NETWORKS"
    )]
    pub(crate) trusted_proxies: Networks,
    /// What absolute links in answers begin with: scheme, host and maybe a path. Left out: what the client called this server.
    #[arg(
        long,
        env = "PARTNERAPI_PUBLIC_URL",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    pub(crate) public_url: Optional<PublicUrl>,
    /// A PEM file with the certificate to serve TLS with, and its chain.
    #[arg(
        long,
        env = "PARTNERAPI_TLS_CERT",
        default_value = "",
        hide_default_value = true,
        value_name = "FILE"
    )]
    pub(crate) tls_cert: Optional<PathBuf>,
    /// A PEM file with the private key of the certificate.
    #[arg(
        long,
        env = "PARTNERAPI_TLS_KEY",
        default_value = "",
        hide_default_value = true,
        value_name = "FILE"
    )]
    pub(crate) tls_key: Optional<PathBuf>,
    #[command(flatten)]
    pub(crate) rabbitmq: RabbitMq,
    #[command(flatten)]
    pub(crate) orders: Orders,
    #[command(flatten)]
    pub(crate) affiliates: Affiliates,
}

/// The broker that gets the events.
#[derive(Args, Clone, Debug)]
pub(crate) struct RabbitMq {
    /// The RabbitMQ server that gets the events: amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS. Left out: events are kept for a week and not published.
    #[arg(
        long,
        env = "PARTNERAPI_RABBITMQ_URL",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    pub(crate) rabbitmq_url: Optional<events::Address>,
    /// The topic exchange that gets the events; made if there is none of that name.
    #[arg(long, env = "PARTNERAPI_RABBITMQ_EXCHANGE", default_value = "partnerapi", value_name = "NAME")]
    pub(crate) rabbitmq_exchange: events::Exchange,
    /// Seconds that connecting to RabbitMQ, and publishing a batch of events, may take.
    #[arg(long, env = "PARTNERAPI_RABBITMQ_TIMEOUT", default_value = "30", value_name = "SECONDS")]
    pub(crate) rabbitmq_timeout: Seconds,
    /// How often connecting and publishing are repeated; -1 for ever. After that a new round begins with the next event, or after the pause.
    #[arg(
        long,
        env = "PARTNERAPI_RABBITMQ_RETRIES_COUNT",
        default_value = "3",
        allow_negative_numbers = true,
        value_name = "COUNT"
    )]
    pub(crate) rabbitmq_retries_count: Repeats,
    /// Seconds between a failed try and its repeat.
    #[arg(long, env = "PARTNERAPI_RABBITMQ_RETRIES_SLEEP", default_value = "30", value_name = "SECONDS")]
    pub(crate) rabbitmq_retries_sleep: Pause,
}

impl RabbitMq {
    /// How to publish, if anywhere.
    pub(crate) fn settings(&self) -> Option<events::Settings> {
        let Self {
            rabbitmq_url: Optional(address),
            rabbitmq_exchange: exchange,
            rabbitmq_timeout: Seconds(timeout),
            rabbitmq_retries_count: Repeats(repeats),
            rabbitmq_retries_sleep: Pause(pause),
        } = self.clone();
        address.map(|address| events::Settings { address, exchange, timeout, repeats, pause })
    }
}

/// How the Orders API reaches its partner. The names are those of the orders seed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Orders")]
pub(crate) struct Orders {
    /// The base address of the partner's order API. Left out: no order can be made.
    #[arg(
        long = "url",
        id = "partner_url",
        env = "PARTNERAPI_URL",
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    url: Optional<PartnerUrl>,
    /// Seconds for which an answer about an order's status is waited for.
    #[arg(long, env = "PARTNERAPI_HTTP_TIMEOUT", default_value = "30", value_name = "SECONDS")]
    http_timeout: Seconds,
    /// Repeats of asking after an order's status.
    #[arg(long, env = "PARTNERAPI_HTTP_RETRIES_COUNT", default_value = "3", value_parser = retries, value_name = "N")]
    http_retries_count: u32,
    /// Seconds between them.
    #[arg(long, env = "PARTNERAPI_HTTP_RETRIES_SLEEP", default_value = "30", value_name = "SECONDS")]
    http_retries_sleep: Pause,
    /// Seconds for which an answer is waited for while a shopper waits: creating and cancelling.
    #[arg(long, env = "PARTNERAPI_HTTP_TIMEOUT_ORDER", default_value = "10", value_name = "SECONDS")]
    http_timeout_order: Seconds,
    /// Repeats of such a call.
    #[arg(long, env = "PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", default_value = "1", value_parser = retries, value_name = "N")]
    http_retries_count_order: u32,
    /// Seconds between them.
    #[arg(long, env = "PARTNERAPI_HTTP_RETRIES_SLEEP_ORDER", default_value = "0", value_name = "SECONDS")]
    http_retries_sleep_order: Pause,
    /// A number that stands in every event of an order.
    #[arg(long, env = "PARTNERAPI_SOURCE_PROJECT_ID", default_value = "8", value_parser = number, value_name = "NUMBER")]
    source_project_id: i64,
    /// The supplier code of the partner's network, which stands in every event of an order.
    #[arg(long, env = "PARTNERAPI_KODPOST", default_value = "116897", value_parser = number, value_name = "NUMBER")]
    kodpost: i64,
    /// The partner's words for statuses, as JSON: {"accepted": {"status_id": 1, "their_status_id": 1}}.
    #[arg(
        long,
        env = "PARTNERAPI_STATUS_MAP",
        default_value = "",
        hide_default_value = true,
        value_name = "JSON"
    )]
    status_map: Optional<orders::StatusMap>,
    /// Failed calls in a row after which the partner is left alone for a while.
    #[arg(long, env = "PARTNERAPI_BREAKER_FAILURES", default_value = "5", value_parser = retries, value_name = "N")]
    breaker_failures: u32,
    /// Seconds for which it is left alone.
    #[arg(long, env = "PARTNERAPI_BREAKER_PAUSE", default_value = "10", value_name = "SECONDS")]
    breaker_pause: Seconds,
    /// Seconds until a new order's status is asked after; each later pause is twice as long, up to an hour.
    #[arg(long, env = "PARTNERAPI_STATUS_POLL", default_value = "30", value_name = "SECONDS")]
    status_poll: Seconds,
}

impl Orders {
    /// The settings as the API takes them.
    pub(crate) fn settings(&self) -> orders::Settings {
        let patience = |timeout: Seconds, retries: u32, sleep: Pause| orders::Patience {
            timeout: timeout.0,
            retries,
            sleep: sleep.0,
        };
        orders::Settings {
            partner_url: self.url.0.clone().map(|PartnerUrl(url)| url),
            status_calls: patience(self.http_timeout, self.http_retries_count, self.http_retries_sleep),
            order_calls: patience(
                self.http_timeout_order,
                self.http_retries_count_order,
                self.http_retries_sleep_order,
            ),
            source_project_id: self.source_project_id,
            kodpost: self.kodpost,
            status_map: self.status_map.0.clone().unwrap_or_default(),
            breaker_failures: self.breaker_failures,
            breaker_pause: self.breaker_pause.0,
            status_poll: self.status_poll.0,
        }
    }
}
