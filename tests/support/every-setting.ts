import { surroundingTopics } from '../../infra/docs/generated-parts.ts';
import { rowsOf, topics } from '../../infra/aws/settings/definitions.ts';
import type { Rows } from '../../lib/config/setting.ts';

/** Every row that there is: those of a deployment, and of variables that it does not set. */
export const everySetting: Rows = rowsOf({ ...topics, ...surroundingTopics });
