//! What a person does with a browser.

use reqwest::Method;
use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// Gives it a window of this size; a narrow one is a phone's.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Lets no page run scripts from now on.
    pub async fn forbid_scripts(&self) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Presses keys one after the other. Those without a letter stand for themselves as WebDriver has it.
    pub async fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|stroke| json!({"type": stroke, "value": key.to_string()}))
        });
        let strokes: Vec<Value> = strokes.collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]});
        self.command(Method::POST, "/actions", actions).await;
    }

    async fn tell(&self, command: &str, parameters: Value) {
        let told = json!({"cmd": command, "params": parameters});
        self.command(Method::POST, "/goog/cdp/execute", told).await;
    }
}
