//! An API's operations as one list, from which routes, metrics and the OpenAPI document are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::handler::Handler;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Method};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use axum::{Extension, Router};
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AnyOfBuilder, ComponentsBuilder, Schema};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa::{IntoParams, PartialSchema as _, ToSchema};

use super::attend::{Changes, Door, attend};
use super::dialect::{Dialect, Fault};
use super::input::BodyLimit;
use crate::api::Kernel;

/// Methods of an [`Operation`].
pub mod methods {
    use axum::http::Method;

    /// Reading something; HEAD does it without the body.
    pub const GET: &[Method] = &[Method::GET, Method::HEAD];
    /// Making something, or whatever takes a body.
    pub const POST: &[Method] = &[Method::POST];
    /// Replacing something.
    pub const PUT: &[Method] = &[Method::PUT];
    /// Changing a part of something.
    pub const PATCH: &[Method] = &[Method::PATCH];
    /// Deleting something.
    pub const DELETE: &[Method] = &[Method::DELETE];
    /// Asking what can be done.
    pub const OPTIONS: &[Method] = &[Method::OPTIONS];
}

/// One operation of an API: where it is, who answers it, what goes in and out.
pub struct Operation<D> {
    methods: &'static [Method],
    path: &'static str,
    suffixes: &'static [&'static str],
    aliases: Vec<&'static str>,
    handler: MethodRouter<D>,
    summary: &'static str,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    success: u16,
    answer: Option<RefOr<Schema>>,
    answer_type: &'static str,
    is_public: bool,
    failures: Vec<(u16, &'static str, RefOr<Schema>)>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// What an operation takes in its body.
struct Body {
    schema: RefOr<Schema>,
    media_types: &'static [&'static str],
    /// Whether a method with a body has its parameters there, and not in the query.
    has_the_parameters: bool,
}

impl<D: Dialect> Operation<D> {
    /// An operation that `handler` answers for `methods`. HEAD goes to it only if it is among them, and says of one that
    /// takes POST that it only reads: what changes something is closed to pages of other sites. A last segment in the form
    /// of `{name?}` may be left out.
    pub fn new<H, T>(
        methods: &'static [Method],
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, D>,
        T: 'static,
    {
        let filter = methods
            .iter()
            .filter_map(|method| MethodFilter::try_from(method.clone()).ok())
            .reduce(MethodFilter::or)
            .unwrap_or(MethodFilter::GET);
        Self {
            methods,
            path,
            suffixes: &[],
            aliases: Vec::new(),
            handler: on(filter, handler),
            summary,
            parameters: Vec::new(),
            body: None,
            success: 200,
            answer: None,
            answer_type: "application/json",
            is_public: false,
            failures: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// It is at this path, too. Metrics know it by the first one.
    #[must_use]
    pub fn also_at(mut self, path: &'static str) -> Self {
        self.aliases.push(path);
        self
    }

    /// It is at its path with each of these behind it, too. They are not documented: it is the same operation in
    /// another look.
    #[must_use]
    pub fn suffixes(mut self, suffixes: &'static [&'static str]) -> Self {
        self.suffixes = suffixes;
        self
    }

    /// It takes the parameters of the path that `P` describes.
    #[must_use]
    pub fn path<P: IntoParams>(mut self) -> Self {
        self.parameters.extend(P::into_params(|| Some(ParameterIn::Path)));
        self
    }

    /// It takes the parameters of the query that `P` describes.
    #[must_use]
    pub fn query<P: IntoParams>(mut self) -> Self {
        self.parameters.extend(P::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// It takes the parameters that `P` describes: from the query, and where the method has a body, from one
    /// of these media types.
    #[must_use]
    pub fn input<P: IntoParams + ToSchema>(mut self, media_types: &'static [&'static str]) -> Self {
        let schema = self.schema::<P>(&P::name());
        self.body = Some(Body { schema, media_types, has_the_parameters: true });
        self.query::<P>()
    }

    /// It takes `T` as a body of JSON.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        let schema = self.schema::<T>(&T::name());
        self.body = Some(Body { schema, media_types: &["application/json"], has_the_parameters: false });
        self
    }

    /// It takes `T` as a body of one of these media types.
    #[must_use]
    pub fn takes_as<T: ToSchema>(mut self, media_types: &'static [&'static str]) -> Self {
        let schema = self.schema::<T>(&T::name());
        self.body = Some(Body { schema, media_types, has_the_parameters: false });
        self
    }

    /// A success is answered with `T` as JSON.
    #[must_use]
    pub fn answers<T: ToSchema>(self) -> Self {
        self.answers_as::<T>(&T::name())
    }

    /// A success is answered with `T` as JSON, under a name of its own: types that differ in a parameter have
    /// the same.
    #[must_use]
    pub fn answers_as<T: ToSchema>(mut self, name: &str) -> Self {
        self.answer = Some(self.schema::<T>(name));
        self
    }

    /// A success is answered with text of this type.
    #[must_use]
    pub fn answers_with(mut self, media_type: &'static str) -> Self {
        self.answer = Some(String::schema());
        self.answer_type = media_type;
        self
    }

    /// Nobody needs a credential for it. Its body has this many bytes at most: anybody may send one.
    #[must_use]
    pub fn public(mut self, body_limit: usize) -> Self {
        self.is_public = true;
        self.handler = self.handler.layer(Extension(BodyLimit(body_limit)));
        self
    }

    /// A success has this status, which has no body unless [`Operation::answers`] says so.
    #[must_use]
    pub fn succeeds_with(mut self, status: u16) -> Self {
        self.success = status;
        self
    }

    /// It may also be answered with this status and `T`, beside the dialect's own errors.
    #[must_use]
    pub fn fails_with<T: ToSchema>(mut self, status: u16, meaning: &'static str) -> Self {
        let schema = self.schema::<T>(&T::name());
        self.failures.push((status, meaning, schema));
        self
    }

    fn schema<T: ToSchema>(&mut self, name: &str) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        let name = name.to_owned();
        self.schemas.push((name.clone(), T::schema()));
        RefOr::Ref(Ref::from_schema_name(name))
    }

    /// The paths that it is served at below a base; two for one whose last segment may be left out.
    fn paths(&self) -> Vec<String> {
        let written = std::iter::once(self.path).chain(self.aliases.iter().copied());
        let served =
            written.flat_map(|path| match path.strip_suffix("?}").and_then(|path| path.rsplit_once("/{")) {
                Some((without, name)) => vec![without.to_owned(), format!("{without}/{{{name}}}")],
                None => vec![path.to_owned()],
            });
        served.collect()
    }

    /// What has a method that is not safe (RFC 9110, section 9.2.1) changes something, by its other methods too, unless
    /// HEAD says that it only reads.
    fn changes_something(&self) -> bool {
        !self.methods.contains(&Method::HEAD) && self.methods.iter().any(|method| !method.is_safe())
    }

    fn document(&self, api: &'static str, path: &str, method: &Method) -> OperationBuilder {
        let slug: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let has_body = !matches!(*method, Method::GET | Method::HEAD);
        let applies = |parameter: &&Parameter| match parameter.parameter_in {
            ParameterIn::Path => path.contains(&format!("{{{}}}", parameter.name)),
            _ => !(has_body && self.body.as_ref().is_some_and(|body| body.has_the_parameters)),
        };
        let mut operation = OperationBuilder::new()
            .tag(api)
            .summary(Some(self.summary))
            .operation_id(Some(format!("{}{slug}", method.as_str().to_ascii_lowercase())))
            .parameters(Some(self.parameters.iter().filter(applies).cloned()))
            .response(self.success.to_string(), response("Success", self.answer_type, self.answer.clone()));
        if let (true, Some(Body { schema, media_types, .. })) = (has_body, &self.body) {
            let body = media_types.iter().fold(RequestBodyBuilder::new(), |body, media_type| {
                body.content(*media_type, Content::new(Some(schema.clone())))
            });
            operation = operation.request_body(Some(body.build()));
        }
        for scheme in super::SECURITY_SCHEMES.iter().filter(|_| !self.is_public) {
            operation = operation.security(SecurityRequirement::new(*scheme, [] as [&str; 0]));
        }
        let error = RefOr::Ref(Ref::from_schema_name(D::ErrorBody::name()));
        let guarded = !self.is_public && self.changes_something();
        let of_another_site = guarded.then_some((403, "Sent by a browser from a page of another site"));
        let errors = D::ERRORS.iter().copied().chain(of_another_site);
        let errors = errors.map(|(status, meaning)| (status, meaning, error.clone()));
        let mut failures: BTreeMap<u16, (Vec<&str>, Vec<RefOr<Schema>>)> = BTreeMap::new();
        for (status, meaning, schema) in self.failures.iter().cloned().chain(errors) {
            let (meanings, schemas) = failures.entry(status).or_default();
            meanings.push(meaning);
            schemas.push(schema);
        }
        for (status, (meanings, schemas)) in failures {
            let response = response(&meanings.join("; "), "application/json", any_of(schemas));
            operation = operation.response(status.to_string(), response);
        }
        operation
    }
}

fn any_of(mut schemas: Vec<RefOr<Schema>>) -> Option<RefOr<Schema>> {
    if schemas.len() > 1 {
        let any_of = schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
        return Some(RefOr::T(any_of.into()));
    }
    schemas.pop()
}

fn response(description: &str, media_type: &str, schema: Option<RefOr<Schema>>) -> utoipa::openapi::Response {
    let response = ResponseBuilder::new().description(description);
    match schema {
        Some(schema) => response.content(media_type, Content::new(Some(schema))).build(),
        None => response.build(),
    }
}

/// An API ready to be mounted: its routes and its part of the OpenAPI document.
pub struct Routes {
    pub(super) router: Router,
    pub(super) document: OpenApi,
    pub(super) spaces: &'static [&'static str],
    /// Answers what is in the spaces and no operation.
    pub(super) unknown: MethodRouter,
}

/// Where an API is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Each operation is below each of these.
    pub bases: &'static [&'static str],
    /// What is below these and no operation is answered in the API's dialect.
    pub spaces: &'static [&'static str],
}

/// Fits `operations` with everything that stands around a handler, and answers the rest of the API's path spaces in
/// its dialect.
pub fn fit<D: Dialect>(
    kernel: &Arc<Kernel>,
    api: &'static str,
    place: Place,
    operations: Vec<Operation<D>>,
    state: D,
) -> Routes {
    let mut document = PathsBuilder::new();
    let mut components = ComponentsBuilder::new();
    let mut error_schemas = Vec::new();
    D::ErrorBody::schemas(&mut error_schemas);
    error_schemas.push((D::ErrorBody::name().into_owned(), D::ErrorBody::schema()));
    components = components.schemas_from_iter(error_schemas);

    // Several operations may share a path, and `Allow` names the methods of all of them.
    let mut by_path: BTreeMap<String, (MethodRouter<D>, Vec<Method>, &'static str)> = BTreeMap::new();
    for operation in operations {
        let paths = operation.paths();
        let mut handler = operation.handler.clone();
        if operation.changes_something() {
            handler = handler.layer(Extension(Changes));
        }
        for path in place.bases.iter().flat_map(|base| paths.iter().map(move |path| format!("{base}{path}")))
        {
            for method in operation.methods.iter().filter(|method| **method != Method::HEAD) {
                let item = PathItem::new(http_method(method), operation.document(api, &path, method));
                document = document.path(&path, item);
            }
            let others = operation.suffixes.iter().map(|suffix| format!("{path}{suffix}"));
            for path in others.chain([path.clone()]) {
                let (router, methods, _) =
                    by_path.entry(path).or_insert_with(|| (MethodRouter::new(), vec![], operation.path));
                *router = std::mem::take(router).merge(handler.clone());
                methods.extend_from_slice(operation.methods);
            }
        }
        components = components.schemas_from_iter(operation.schemas);
    }

    let mut router = Router::new();
    let door = Door { kernel: Arc::clone(kernel), api, route: "unknown", allow: None };
    let unknown = any(async || Fault::NotFound.respond::<D>()).layer(from_fn_with_state(door, attend::<D>));
    for (path, (methods, allowed, route)) in by_path {
        let allow = allow(&allowed);
        let door = Door { kernel: Arc::clone(kernel), api, route, allow: Some(allow.clone()) };
        let methods =
            refuse_others::<D>(methods, &allowed, allow).layer(from_fn_with_state(door, attend::<D>));
        router = router.route(&path, methods);
    }
    Routes {
        router: router.with_state(state.clone()),
        spaces: place.spaces,
        unknown: unknown.with_state(state),
        document: under_own_names(
            api,
            OpenApiBuilder::new().paths(document).components(Some(components.build())).build(),
        ),
    }
}

/// Puts the API's name before those of its schemas: every API has an error of its own, and a `Code`.
fn under_own_names(api: &str, document: OpenApi) -> OpenApi {
    const SCHEMAS: &str = "#/components/schemas/";
    fn rename(api: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    match field {
                        Value::String(reference) if key == "$ref" => {
                            if let Some(name) = reference.strip_prefix(SCHEMAS) {
                                *reference = format!("{SCHEMAS}{api}.{name}");
                            }
                        }
                        field => rename(api, field),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| rename(api, item)),
            _ => {}
        }
    }
    let Ok(mut json) = serde_json::to_value(&document) else { return document };
    rename(api, &mut json);
    if let Some(Value::Object(schemas)) = json.pointer_mut("/components/schemas") {
        *schemas = std::mem::take(schemas)
            .into_iter()
            .map(|(name, schema)| (format!("{api}.{name}"), schema))
            .collect();
    }
    serde_json::from_value(json).unwrap_or(document)
}

/// Answers all methods but `allowed` with a fault that names those. axum would answer HEAD with GET's handler,
/// which must not happen where GET changes something.
fn refuse_others<D: Dialect>(
    methods: MethodRouter<D>,
    allowed: &[Method],
    allow: HeaderValue,
) -> MethodRouter<D> {
    let refuse = async move |method: Method| -> Response {
        let mut response = Fault::MethodNotAllowed(method).respond::<D>();
        response.headers_mut().insert(ALLOW, allow);
        response
    };
    let methods = methods.fallback(refuse.clone());
    if allowed.contains(&Method::GET) && !allowed.contains(&Method::HEAD) {
        return methods.on(MethodFilter::HEAD, refuse);
    }
    methods
}

/// The value of `Allow`, in the order in which it is usually written.
fn allow(methods: &[Method]) -> HeaderValue {
    const ORDER: [Method; 7] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    let names: Vec<&str> =
        ORDER.iter().filter(|method| methods.contains(method)).map(Method::as_str).collect();
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("GET"))
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        Method::OPTIONS => HttpMethod::Options,
        _ => HttpMethod::Get,
    }
}
