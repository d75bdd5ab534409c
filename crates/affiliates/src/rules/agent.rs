//! What a browser's name for itself (`User-Agent`) tells of device, system and browser.
//!
//! The names are those that people know: «Samsung SM-A207M», «Android 11», «Samsung Internet 18.0». What it does not
//! tell is an empty text.

/// What is at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) device: String,
    pub(crate) os: String,
    pub(crate) browser: String,
}

/// What stands before the version of a browser, and the browser's name. The first that is there counts: nearly all
/// call themselves Safari too, and many Chrome.
const BROWSERS: [(&str, &str); 29] = [
    ("FBAV/", "Facebook"),
    ("Instagram ", "Instagram"),
    ("BytedanceWebview/", "TikTok"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("IEMobile/", "Internet Explorer"),
    ("OPR/", "Opera"),
    ("OPX/", "Opera GX"),
    ("OPT/", "Opera Touch"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("UCBrowser/", "UC Browser"),
    ("MiuiBrowser/", "MIUI Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("GSA/", "Google App"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome Headless"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Opera Mini/", "Opera Mini"),
    ("Version/", "Safari"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/7.0; rv:", "Internet Explorer"),
];

/// Versions of Windows by those of its kernel.
const WINDOWS: [(&str, &str); 6] =
    [("10.0", "10"), ("6.3", "8.1"), ("6.2", "8"), ("6.1", "7"), ("6.0", "Vista"), ("5.1", "XP")];

const WINDOWS_PHONE: &str = "Windows Phone ";

/// Names of consoles, which are those of their systems too.
const CONSOLES: [&str; 6] =
    ["PlayStation 5", "PlayStation 4", "Nintendo Switch", "Nintendo 3DS", "Nintendo WiiU", "Xbox"];

/// How models begin, in small letters, of makers that do not say their name.
const MAKERS: [(&str, &str); 18] = [
    ("sm-", "Samsung"),
    ("gt-", "Samsung"),
    ("moto", "Motorola"),
    ("xt1", "Motorola"),
    ("xt2", "Motorola"),
    ("redmi", "Xiaomi"),
    ("poco", "Xiaomi"),
    ("mi ", "Xiaomi"),
    ("m20", "Xiaomi"),
    ("2201", "Xiaomi"),
    ("lm-", "LG"),
    ("lg-", "LG"),
    ("pixel", "Google"),
    ("nexus", "Google"),
    ("cph", "Oppo"),
    ("rmx", "Realme"),
    ("asus_", "Asus"),
    ("zenfone", "Asus"),
];

/// What crawlers and programs have in their names, in small letters.
const CRAWLERS: [&str; 23] = [
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "mediapartners-google",
    "google-inspectiontool",
    "googleother",
    "bingpreview",
    "lighthouse",
    "pingdom",
    "whatsapp/",
    "ia_archiver",
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "java/",
    "libwww",
    "phantomjs",
    "feedfetcher",
    "antenna",
    "headline-reader",
    "y!j-",
];

/// Whether it is a program that looks for links, and no visitor.
pub(crate) fn is_crawler(user_agent: &str) -> bool {
    let name = user_agent.to_ascii_lowercase();
    // Cubot makes phones.
    let is_bot = name.match_indices("bot").any(|(at, _)| !name[..at].ends_with("cu"));
    is_bot || CRAWLERS.iter().any(|crawler| name.contains(crawler))
}

impl Agent {
    /// Reads a `User-Agent`.
    pub(crate) fn of(user_agent: &str) -> Self {
        Self { device: device(user_agent), os: os(user_agent), browser: browser(user_agent) }
    }
}

fn browser(user_agent: &str) -> String {
    // Until its own engine ended, a 9.80 stands in front for every version.
    if user_agent.starts_with("Opera/")
        && !user_agent.contains("Opera Mini/")
        && let Some(version) = after(user_agent, "Version/")
    {
        return with_version("Opera", version);
    }
    let found = BROWSERS.iter().find_map(|(mark, name)| Some((after(user_agent, mark)?, *name)));
    found.map_or_else(String::new, |(rest, name)| with_version(name, rest))
}

fn os(user_agent: &str) -> String {
    if let Some(version) = after(user_agent, WINDOWS_PHONE) {
        return with_version(WINDOWS_PHONE.trim_end(), version.trim_start_matches("OS "));
    }
    if let Some(console) = console(user_agent) {
        return console.into();
    }
    if let Some(kernel) = after(user_agent, "Windows NT ") {
        let known = WINDOWS.iter().find(|(version, _)| kernel.starts_with(version));
        return known.map_or_else(|| "Windows".into(), |(_, name)| format!("Windows {name}"));
    }
    // iPads, iPods and iPhones: `CPU iPhone OS 16_5_1 like Mac OS X`, `CPU OS 16_5 like Mac OS X`.
    if user_agent.contains("like Mac OS X") {
        return with_version("iOS", after(user_agent, " OS ").unwrap_or_default());
    }
    let systems = [
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("BB10;", "BlackBerry 10"),
        ("BlackBerry", "BlackBerry"),
        ("FreeBSD", "FreeBSD"),
        ("OpenBSD", "OpenBSD"),
        ("Windows 98", "Windows 98"),
        ("Windows", "Windows"),
        ("Linux", "Linux"),
    ];
    let found = systems.iter().find_map(|(mark, name)| Some((after(user_agent, mark)?, *name)));
    match found {
        Some((rest, name @ ("Android" | "macOS"))) => with_version(name, rest.trim_start()),
        Some((_, name)) => name.into(),
        None => String::new(),
    }
}

fn device(user_agent: &str) -> String {
    let apple = [
        // An iPod has the system of an iPhone.
        ("iPod", "Apple iPod"),
        ("iPhone", "Apple iPhone"),
        ("iPad", "Apple iPad"),
        ("Macintosh", "Apple Mac"),
    ];
    // It says that it is like an iPhone.
    if user_agent.contains(WINDOWS_PHONE) {
        return about(user_agent).map_or_else(String::new, windows_phone_model);
    }
    if let Some((_, device)) = apple.iter().find(|(mark, _)| user_agent.contains(mark)) {
        return (*device).into();
    }
    if let Some(console) = console(user_agent) {
        return console.into();
    }
    if user_agent.contains("BlackBerry") || user_agent.contains("BB10;") {
        return "BlackBerry".into();
    }
    if user_agent.contains("Android") {
        return android_model(user_agent).map_or_else(String::new, with_maker);
    }
    let is_computer = ["Windows NT", "X11", "CrOS"].iter().any(|mark| user_agent.contains(mark));
    if is_computer { "PC".into() } else { String::new() }
}

/// What stands behind the system in `(Linux; Android 11; SAMSUNG SM-A207M Build/RP1A)`.
fn android_model(user_agent: &str) -> Option<&str> {
    let behind =
        about(user_agent)?.split(';').map(str::trim).skip_while(|part| !part.starts_with("Android")).skip(1);
    let mut models = behind.map(|part| part.split(" Build/").next().unwrap_or_default().trim());
    models.find(|part| is_model(part))
}

/// What a browser says of the machine, in brackets.
fn about(user_agent: &str) -> Option<&str> {
    let about = after(user_agent, "(")?;
    // A model may have brackets of its own.
    let end = [") AppleWebKit", ") Gecko", ")"].iter().find_map(|end| about.find(end)).unwrap_or(about.len());
    Some(&about[..end])
}

/// Maker and model stand at the end: `(Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950)`.
fn windows_phone_model(about: &str) -> String {
    let mut parts: Vec<&str> = about.split(';').map(str::trim).collect();
    let model = parts.split_off(parts.len().saturating_sub(2));
    if parts.is_empty() { String::new() } else { model.join(" ") }
}

fn console(user_agent: &str) -> Option<&'static str> {
    CONSOLES.into_iter().find(|console| user_agent.contains(console))
}

/// Not a language, and not what browsers say in order to say nothing.
fn is_model(part: &str) -> bool {
    let is_language = matches!(part.as_bytes(), [_, _, b'-' | b'_', _, _]) || part.len() == 2;
    let says_nothing = ["", "K", "U", "wv", "Mobile", "Tablet"].contains(&part);
    !is_language && !says_nothing && !part.starts_with("rv:") && !part.starts_with("Build/")
}

fn with_maker(model: &str) -> String {
    if let Some(rest) = model.strip_prefix("SAMSUNG ") {
        return format!("Samsung {rest}");
    }
    let begins =
        |beginning: &str| model.get(..beginning.len()).is_some_and(|it| it.eq_ignore_ascii_case(beginning));
    let maker = MAKERS.iter().find(|(beginning, _)| begins(beginning));
    maker.map_or_else(|| model.to_owned(), |(_, maker)| format!("{maker} {model}"))
}

/// `name` with the first two numbers of a version like `18.0.1` or `16_5_1`.
fn with_version(name: &str, version: &str) -> String {
    let end = version.find(|c: char| !c.is_ascii_digit() && !".-_".contains(c)).unwrap_or(version.len());
    let numbers: Vec<&str> =
        version[..end].split(['.', '_', '-']).take_while(|number| !number.is_empty()).take(2).collect();
    if numbers.is_empty() { name.into() } else { format!("{name} {}", numbers.join(".")) }
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn device_system_and_browser_are_told() {
        let known = [
            (
                "Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-A207M) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/18.0 Chrome/99.0.4844.88 Mobile Safari/537.36",
                ["Samsung SM-A207M", "Android 11", "Samsung Internet 18.0"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                ["", "Android 10", "Chrome 131.0"],
            ),
            (
                "Mozilla/5.0 (Linux; U; Android 8.1.0; pt-br; Redmi Note 5 Build/OPM1.171019.011) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/61.0.3163.128 Mobile Safari/537.36 XiaoMi/MiuiBrowser/10.4.3-g",
                ["Xiaomi Redmi Note 5", "Android 8.1", "MIUI Browser 10.4"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 9; moto g(7) play Build/PPYS29; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/87.0.4280.141 Mobile Safari/537.36",
                ["Motorola moto g(7) play", "Android 9", "Chrome 87.0"],
            ),
            (
                "Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/118.0 Firefox/118.0",
                ["", "Android 13", "Firefox 118.0"],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1",
                ["Apple iPhone", "iOS 16.5", "Safari 16.5"],
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 15_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/96.0.4664.101 Mobile/15E148 Safari/604.1",
                ["Apple iPad", "iOS 15.0", "Chrome 96.0"],
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
                ["Apple Mac", "macOS 10.15", "Safari 17.2"],
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51",
                ["PC", "Windows 10", "Edge 131.0"],
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
                ["PC", "Windows 7", "Internet Explorer 11.0"],
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36",
                ["PC", "Linux", "Chrome Headless 150.0"],
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
                ["PC", "ChromeOS", "Chrome 120.0"],
            ),
            (
                "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.16",
                ["PC", "Windows 7", "Opera 12.16"],
            ),
            (
                "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
                ["Microsoft Lumia 950", "Windows Phone 10.0", "Edge 15.15063"],
            ),
            (
                "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
                ["NOKIA Lumia 920", "Windows Phone 8.0", "Internet Explorer 10.0"],
            ),
            (
                "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537",
                ["NOKIA Lumia 520", "Windows Phone 8.1", "Internet Explorer 11.0"],
            ),
            (
                "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
                ["Apple iPod", "iOS 12.5", "Safari 12.1"],
            ),
            (
                "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
                ["BlackBerry", "BlackBerry 10", "Safari 10.0"],
            ),
            (
                "Mozilla/5.0 (PlayStation 4 9.00) AppleWebKit/605.1.15 (KHTML, like Gecko)",
                ["PlayStation 4", "PlayStation 4", ""],
            ),
            (
                "Mozilla/5.0 (X11; FreeBSD amd64; rv:109.0) Gecko/20100101 Firefox/118.0",
                ["PC", "FreeBSD", "Firefox 118.0"],
            ),
            ("", ["", "", ""]),
            ("something else", ["", "", ""]),
        ];
        for (user_agent, [device, os, browser]) in known {
            let agent = Agent::of(user_agent);
            assert_eq!([&*agent.device, &*agent.os, &*agent.browser], [device, os, browser], "{user_agent}");
            assert!(!is_crawler(user_agent), "{user_agent}");
        }
    }

    #[test]
    fn crawlers_are_known() {
        for crawler in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
            "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 1 subscribers)",
            "Hatena Antenna/0.5",
            "curl/8.5.0",
            "python-requests/2.31.0",
        ] {
            assert!(is_crawler(crawler), "{crawler}");
        }
        assert!(!is_crawler(
            "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/99.0.1 Mobile Safari/537.36"
        ));
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_breaks_it(user_agent in "(Mozilla/5.0 \\()?[ -~À-ÿ]{0,40}(Android|Chrome/| OS |Windows NT )?[ -~À-ÿ]{0,40}") {
            drop(Agent::of(&user_agent));
            is_crawler(&user_agent);
        }
    }
}
