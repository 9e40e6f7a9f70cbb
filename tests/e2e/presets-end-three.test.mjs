// See `presets.mjs`.

import { ends } from './presets.mjs';

ends(2);
