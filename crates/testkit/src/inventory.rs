//! A stock uploader's client.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::Answer;

/// An uploader.
#[derive(Clone, Debug)]
pub struct Inventory {
    client: reqwest::Client,
    url: String,
    /// Its key, or a token.
    pub key: String,
}

impl Inventory {
    pub(crate) fn new(client: reqwest::Client, url: String, key: String) -> Self {
        Self { client, url, key }
    }

    /// The same uploader with another credential.
    #[must_use]
    pub fn with(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// The same uploader at another server.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// A request to a path below `/api/v1/`, or to a whole address, with the key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address =
            if path.starts_with("http") { path.to_owned() } else { format!("{}/api/v1/{path}", self.url) };
        self.client.request(method, address).bearer_auth(&self.key)
    }

    /// Sends a request that was put together by hand, and checks the answer as every other.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        checked(Answer::of(request).await)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST of stock, an object or a list.
    pub async fn store(&self, body: &Value) -> Answer {
        self.post("product-inventory/", body).await
    }

    /// POST of a form.
    pub async fn store_form(&self, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, "product-inventory/").form(fields)).await
    }

    /// Makes shops and products of these ids. Their names are `Shop` and `Product` and the id.
    pub async fn furnish(&self, shops: &[&str], products: &[&str]) {
        let shops: Vec<_> =
            shops.iter().map(|id| json!({"shop_id": id, "name": format!("Shop {id}")})).collect();
        let products: Vec<_> =
            products.iter().map(|id| json!({"product_id": id, "name": format!("Product {id}")})).collect();
        assert_eq!(self.post("shops/", &shops.into()).await.status, 201);
        assert_eq!(self.post("products/", &products.into()).await.status, 201);
    }

    /// The results of a listing that must succeed.
    pub async fn results(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json["results"].as_array().expect("results").clone()
    }

    /// Every page of a listing, by its links.
    pub async fn walk(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut next = path.to_owned();
        loop {
            let answer = self.get(&next).await;
            assert_eq!(answer.status, 200, "{next}: {}", answer.text);
            all.extend(answer.json["results"].as_array().expect("results").clone());
            match answer.json["next"].as_str() {
                Some(link) => link.clone_into(&mut next),
                None => return all,
            }
        }
    }
}

/// What holds for every answer to a collection or one thing of it.
fn checked(answer: Answer) -> Answer {
    assert_eq!(answer.header("vary"), "Accept", "{}", answer.text);
    assert!(answer.header("allow").starts_with("GET, "), "{}: {}", answer.header("allow"), answer.text);
    let status = answer.status.as_u16();
    if answer.text.is_empty() {
        // To a HEAD.
        return answer;
    }
    match answer.header("content-type") {
        "application/json" => {}
        "text/html; charset=utf-8" => return answer,
        other => panic!("an answer of the type {other:?}: {}", answer.text),
    }
    match status {
        200 | 201 => {}
        400 => {
            let fields = answer.json.as_object().expect("an object");
            let is_text_list = |value: &Value| {
                value.as_array().is_some_and(|texts| !texts.is_empty() && texts.iter().all(Value::is_string))
            };
            let is_detail = answer.json["detail"].is_string();
            assert!(is_detail || fields.values().all(is_text_list), "{}", answer.text);
        }
        401 | 404 | 405 | 413 | 415 | 429 | 500 | 503 => {
            assert!(answer.json["detail"].is_string(), "{status}: {}", answer.text);
        }
        other => panic!("{other} is not in the contract: {}", answer.text),
    }
    answer
}
