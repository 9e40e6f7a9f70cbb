// See `presets.mjs`.

import { fits } from './presets.mjs';

fits(2);
