//! Builds elements by small calls, one after the other.
//!
//! `html!` spells every element out in place, which makes a large program: with the calls here, each of which exists once, the
//! page is 15 kB smaller, compressed. Components still use `html!`.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;
use yew::virtual_dom::{AttributeOrProperty, Attributes, Key, Listener, VList, VNode, VTag, VText};

/// An element being built.
pub(super) struct El(Box<Parts>);

#[derive(Default)]
struct Parts {
    tag: &'static str,
    key: Option<Key>,
    names: Vec<&'static str>,
    values: Vec<Option<AttributeOrProperty>>,
    listeners: Vec<Option<Rc<dyn Listener>>>,
    kids: Vec<VNode>,
    /// Where the element can be found once it is on the page.
    root: NodeRef,
    /// The state of a control, which is more than an attribute.
    value: Option<String>,
    checked: Option<bool>,
}

/// What the value of an attribute can be made of.
pub(super) trait Attribute {
    /// The value of the attribute of this name; none leaves it out.
    fn of(self, name: &'static str) -> Option<AttrValue>;
}

impl Attribute for &'static str {
    fn of(self, _: &'static str) -> Option<AttrValue> {
        Some(AttrValue::Static(self))
    }
}

impl Attribute for String {
    fn of(self, _: &'static str) -> Option<AttrValue> {
        Some(AttrValue::Rc(self.into()))
    }
}

impl Attribute for Option<String> {
    fn of(self, name: &'static str) -> Option<AttrValue> {
        self.and_then(|value| value.of(name))
    }
}

/// An attribute without a value, which is there or not.
impl Attribute for bool {
    fn of(self, name: &'static str) -> Option<AttrValue> {
        self.then_some(AttrValue::Static(name))
    }
}

/// What can stand within an element.
pub(super) trait Kid {
    /// As a node.
    fn node(self) -> Html;
}

impl Kid for Html {
    fn node(self) -> Html {
        self
    }
}

impl Kid for String {
    fn node(self) -> Html {
        VNode::VText(VText::new(self))
    }
}

impl Kid for &String {
    fn node(self) -> Html {
        text(self)
    }
}

impl Kid for &str {
    fn node(self) -> Html {
        text(self)
    }
}

/// Several things without an element around them.
pub(super) fn several() -> El {
    el("")
}

/// An element without anything yet.
#[inline(never)]
pub(super) fn el(tag: &'static str) -> El {
    El(Box::new(Parts { tag, ..Parts::default() }))
}

/// An element of a class.
#[inline(never)]
pub(super) fn of(tag: &'static str, class: &'static str) -> El {
    el(tag).is("class", class)
}

/// A text.
#[inline(never)]
pub(super) fn text(text: &str) -> Html {
    VNode::VText(VText::new(text.to_owned()))
}

impl El {
    #[inline(never)]
    fn put(mut self, name: &'static str, value: Option<AttrValue>) -> El {
        self.0.names.push(name);
        self.0.values.push(value.map(AttributeOrProperty::Attribute));
        self
    }

    /// An attribute that is always the same.
    #[inline(never)]
    pub(super) fn is(self, name: &'static str, value: &'static str) -> El {
        self.put(name, Some(AttrValue::Static(value)))
    }

    /// An attribute.
    pub(super) fn at(self, name: &'static str, value: impl Attribute) -> El {
        self.put(name, value.of(name))
    }

    /// What a control holds.
    #[inline(never)]
    pub(super) fn value(mut self, value: String) -> El {
        self.0.value = Some(value);
        self
    }

    /// Whether a control is on.
    #[inline(never)]
    pub(super) fn checked(mut self, on: bool) -> El {
        self.0.checked = Some(on);
        self
    }

    /// What makes it the same element among its neighbours when the list changes.
    pub(super) fn key(mut self, key: impl Into<Key>) -> El {
        self.0.key = Some(key.into());
        self
    }

    #[inline(never)]
    fn on(mut self, listener: Rc<dyn Listener>) -> El {
        self.0.listeners.push(Some(listener));
        self
    }

    /// What it does when it is clicked.
    #[inline(never)]
    pub(super) fn click(self, callback: Callback<MouseEvent>) -> El {
        self.on(Rc::new(yew::html::onclick::Wrapper::new(callback)))
    }

    /// Where it can be found once it is on the page.
    pub(super) fn refer(mut self, root: &NodeRef) -> El {
        self.0.root = root.clone();
        self
    }

    /// What it does when the focus comes into it, and when it goes.
    pub(super) fn focus(self, comes: Callback<FocusEvent>, goes: Callback<FocusEvent>) -> El {
        self.on(Rc::new(yew::html::onfocusin::Wrapper::new(comes))).on(Rc::new(yew::html::onfocusout::Wrapper::new(goes)))
    }

    /// What it does when a key is pressed on it.
    #[inline(never)]
    pub(super) fn press(self, callback: Callback<KeyboardEvent>) -> El {
        self.on(Rc::new(yew::html::onkeydown::Wrapper::new(callback)))
    }

    /// What it does with what is dropped on it.
    pub(super) fn receive(self, callback: Callback<DragEvent>) -> El {
        // A browser lets go only where something says that it will take it.
        let over = Callback::from(|event: DragEvent| event.prevent_default());
        self.on(Rc::new(yew::html::ondragover::Wrapper::new(over))).on(Rc::new(yew::html::ondrop::Wrapper::new(callback)))
    }

    /// What it does when the pointer comes.
    #[inline(never)]
    pub(super) fn enter(self, callback: Callback<MouseEvent>) -> El {
        self.on(Rc::new(yew::html::onmouseenter::Wrapper::new(callback)))
    }

    /// What it does when the pointer goes.
    #[inline(never)]
    pub(super) fn leave(self, callback: Callback<MouseEvent>) -> El {
        self.on(Rc::new(yew::html::onmouseleave::Wrapper::new(callback)))
    }

    /// What a control does when it has been changed.
    #[inline(never)]
    pub(super) fn change(self, callback: Callback<Event>) -> El {
        self.on(Rc::new(yew::html::onchange::Wrapper::new(callback)))
    }

    /// What a control does while it is being changed.
    #[inline(never)]
    pub(super) fn input(self, callback: Callback<InputEvent>) -> El {
        self.on(Rc::new(yew::html::oninput::Wrapper::new(callback)))
    }

    /// An element within it.
    #[inline(never)]
    pub(super) fn with(self, kid: El) -> El {
        self.push(kid.done())
    }

    #[inline(never)]
    fn push(mut self, kid: Html) -> El {
        self.0.kids.push(kid);
        self
    }

    /// Something within it.
    pub(super) fn kid(self, kid: impl Kid) -> El {
        self.push(kid.node())
    }

    /// Several things within it.
    pub(super) fn kids(mut self, kids: impl Iterator<Item = Html>) -> El {
        for kid in kids {
            self = self.push(kid);
        }
        self
    }

    /// A text within it.
    #[inline(never)]
    pub(super) fn say(self, words: &str) -> El {
        self.push(text(words))
    }

    /// The element.
    #[inline(never)]
    pub(super) fn done(self) -> Html {
        let Parts { tag, key, names, values, listeners, kids, root, value, checked } = *self.0;
        if tag.is_empty() {
            return VNode::VList(Rc::new(VList::with_children(kids, key)));
        }
        let mut made = VTag::new(tag);
        if let Some(value) = value {
            made.set_value(value);
        }
        if let Some(on) = checked {
            made.set_checked(on);
        }
        made.key = key;
        made.node_ref = root;
        made.set_attributes(Attributes::Dynamic { keys: known(names), values: values.into() });
        made.set_listeners(listeners.into());
        made.add_children(kids);
        made.into()
    }
}

/// The names of attributes as one list for the life of the page: elements with the same list are compared faster, and there are
/// only as many lists as there are kinds of elements in this program.
fn known(names: Vec<&'static str>) -> &'static [&'static str] {
    thread_local! {
        static LISTS: RefCell<Vec<&'static [&'static str]>> = const { RefCell::new(Vec::new()) };
    }
    LISTS.with_borrow_mut(|lists| {
        if let Some(list) = lists.iter().find(|list| ***list == *names) {
            return *list;
        }
        let list: &'static [&'static str] = names.leak();
        lists.push(list);
        list
    })
}
