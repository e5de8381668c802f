import { describeNodes } from './support/nodeSpecs';

describeNodes('node-red');
