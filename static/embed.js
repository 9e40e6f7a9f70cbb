// Defines <replication-lab preset="first-look">: a lab in a frame, which is fetched when it is near the view or its button is pressed.
// What stands inside the element is shown until then, in print, and where there are no scripts. Its height follows the lab, its theme the
// page around. How it talks to the frame stands in embed/protocol.md.
if (!customElements.get('replication-lab')) {
  const HOME = document.currentScript.src;
  const LOOKS = new CSSStyleSheet();
  LOOKS.replaceSync(`
    :host { display: block; position: relative }
    div { display: grid; place-content: center; gap: 1em; padding: 1em; border: 1px solid; box-sizing: border-box }
    div[hidden] { display: none }
    button { font: inherit; min-height: 2.5em }
    iframe { display: block; width: 100%; border: 0 }
    div:not([hidden]) + iframe { position: absolute; top: 0; visibility: hidden }
    @media print { iframe, button { display: none !important } div[hidden] { display: grid } }`);
  const make = (tag, parts) => Object.assign(document.createElement(tag), parts);

  class Lab extends HTMLElement {
    static observedAttributes = ['preset', 'lesson', 'mode', 'seed', 'theme', 'lang'];
    static #connected = new Set();
    static #near = new IntersectionObserver((all) => all.forEach((one) => one.isIntersecting && one.target.start()), { rootMargin: '50%' });
    #poster = make('div');
    #frame;
    #theme;
    // What waits until the lab is ready; nothing once it is.
    #queue;
    #asked = new Map();
    #last = 0;

    static {
      const all = (act) => (event) => Lab.#connected.forEach((lab) => act(lab, event));
      addEventListener('message', all((lab, event) => lab.#hear(event)));
      new MutationObserver(all((lab) => lab.#follow())).observe(document.documentElement, { attributes: true });
    }

    constructor() {
      super();
      this.#poster.append(make('slot'), make('button', { textContent: '▶ Start the lab', onclick: () => this.start() }));
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [LOOKS];
      root.append(this.#poster);
    }

    connectedCallback() {
      Lab.#connected.add(this);
      this.#poster.firstChild.textContent = `Replication lab: ${this.#given().preset ?? 'first-look'}`;
      this.#poster.style.minHeight = `${+this.getAttribute('height') || 480}px`;
      if (this.getAttribute('loading') !== 'click') Lab.#near.observe(this);
    }

    disconnectedCallback() {
      Lab.#connected.delete(this);
      Lab.#near.unobserve(this);
      this.#frame?.remove();
      this.#frame = this.#queue = null;
      this.#poster.hidden = false;
    }

    attributeChangedCallback(name, before, now) {
      if (!this.#frame || before === now) return;
      if (name === 'theme') this.#follow();
      else if (name === 'lang') this.#post({ type: 'set', lang: now });
      else this.#post({ ...this.#given(), type: 'load' });
    }

    // Fetches the lab now.
    start() {
      if (this.#frame || !this.isConnected) return;
      Lab.#near.unobserve(this);
      this.#follow();
      const query = new URLSearchParams({ ...this.#given(), theme: this.#theme, embed: 1 });
      if (origin !== 'null') query.set('origin', origin);
      const src = new URL(`index.html?${query}`, HOME);
      this.#queue = [{ type: 'hello' }];
      this.#frame = make('iframe', { src, title: this.#poster.firstChild.textContent, allow: 'clipboard-write' });
      this.#frame.style.height = this.#poster.style.minHeight;
      this.shadowRoot.append(this.#frame);
    }

    play = () => this.#ask({ type: 'play' });
    pause = () => this.#ask({ type: 'pause' });
    seek = (at) => this.#ask({ type: 'seek', at });
    getState = () => this.#ask({ type: 'get' });
    setState = ({ fragment }) => this.#ask({ type: 'load', fragment });
    lock = (what) => this.#ask({ ...what, type: 'lock' });

    #given() {
      const names = Lab.observedAttributes.filter((name) => this.hasAttribute(name));
      return Object.fromEntries(names.map((name) => [name, this.getAttribute(name)]));
    }

    // The theme that is asked for, or that of the page around; if neither is one, the lab follows the system.
    #follow() {
      const [theme] = /^(light|dark)$/.exec(this.getAttribute('theme') ?? getComputedStyle(this).colorScheme) ?? ['auto'];
      if (theme !== this.#theme && this.#frame) this.#post({ type: 'set', theme });
      this.#theme = theme;
    }

    #ask(message) {
      this.start();
      return new Promise((...ends) => {
        this.#asked.set(++this.#last, ends);
        this.#post({ ...message, id: this.#last });
      });
    }

    #post(message) {
      const { origin } = new URL(HOME);
      if (this.#queue) this.#queue.push(message);
      else this.#frame?.contentWindow.postMessage({ ...message, 'replication-lab': 1 }, origin === 'null' ? '*' : origin);
    }

    #hear({ source, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || data?.['replication-lab'] !== 1) return;
      const { type, id, height } = data;
      if (type === 'ready' && this.#queue) {
        const waiting = this.#queue;
        this.#queue = null;
        this.#poster.hidden = true;
        waiting.forEach((message) => this.#post(message));
      }
      if (type === 'resize') this.#frame.style.height = `${height}px`;
      // An answer keeps or breaks the promise that it belongs to.
      this.#asked.get(id)?.[type === 'error' ? 1 : 0](data);
      this.#asked.delete(id);
      if (/^(ready|state|event|error|resize)$/.test(type)) this.dispatchEvent(new CustomEvent(type, { detail: data }));
    }
  }

  customElements.define('replication-lab', Lab);
}
