import type { Limits } from './videos/limits.ts';

/** Everything a person can set, by flag, by environment variable or in a file. */
export interface Config {
	host: string;
	port: number;
	dataFolder: string;
	modelsFolder: string;
	/** A folder, or `s3://bucket/prefix`; shared where several machines work together. */
	artifactsPlace: string;
	databaseUrl: string | undefined;
	engine: string;
	/** False: this process only answers HTTP. */
	work: boolean;
	apiKeys: string[];
	/** How others reach this server, for links in callbacks. */
	publicUrl: string | undefined;
	allowedHosts: string[];
	allowedOrigins: string[];
	callbackAllow: string[];
	/** Standard Webhooks secrets; one is made where none is given. */
	webhookSecrets: string[];
	defaultModel: string | undefined;
	modelAliases: Record<string, string>;
	/** How long a finished video is kept. */
	keepSeconds: number;
	/** How long a job can be read after its file is gone. */
	historySeconds: number;
	shutdownGraceMs: number;
	logLevel: string;
	/** Whether every request is logged. */
	accessLog: boolean;
	limits: Limits;
	/** The environment, for engines. */
	env: Record<string, string | undefined>;
}
