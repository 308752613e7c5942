// Written by generate.mjs from the contract 3e314fca74dffd503ba0bdcd00f28498f07465c8; do not edit.

export interface paths {
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List and find users */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user
         * @description Users get no password here. Send them a recovery link, or have them sign in by another way.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/by-external-id": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Create or change the user of an external id
         * @description Creates the user when there is none of that external id, and else changes what the body
         *     holds, as a PATCH does. To send it again changes nothing.
         */
        put: operations["upsertUser"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** Read a user */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description Ends everything of the user at once and deletes the account after seven days, until when
         *     `restore` takes it back; with `permanent=true` it is gone at once.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /**
         * Change a user
         * @description A JSON merge patch (RFC 7396). A member that is absent keeps its value, null clears it.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/users/{user_id}/block": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a user out
         * @description Ends every session and token of the user, who cannot sign in until `unblock`.
         */
        post: operations["blockUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/recovery-link": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a link by which a user sets a password
         * @description It works once. Whoever has it can set the password, so hand it over by a safe way.
         */
        post: operations["createRecoveryLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/require-password-change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a user set another password
         * @description The next sign-in by password asks for another one. Nothing ends by it.
         */
        post: operations["requirePasswordChange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep a user who was to be deleted */
        post: operations["restoreUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List where a user is signed in */
        get: operations["listUserSessions"];
        put?: never;
        post?: never;
        /**
         * Sign a user out everywhere
         * @description Ends sessions, grants and tokens of the user, offline access too.
         */
        delete: operations["signOutUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                session_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a session */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/unblock": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a user in again
         * @description What was ended stays ended.
         */
        post: operations["unblockUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What another system calls it. */
        ExternalID: string;
        /** @description What you keep with it: 16 KB of JSON at most. */
        Metadata: {
            [key: string]: unknown;
        };
        Problem: {
            /** @description Stable: what programs decide on. */
            code: string;
            detail?: string;
            errors?: {
                detail: string;
                /** @description The parameter that is wrong. */
                parameter?: string;
                /** @description The part of the body that is wrong (RFC 6901). */
                pointer?: string;
            }[];
            /** @description What to name when asking about it. */
            request_id: string;
            /** Format: int32 */
            status: number;
            title: string;
            /** @description The page that explains the code. */
            type: string;
        };
        /** @description Claims of OpenID Connect Core 1.0 §5.1. */
        Profile: {
            birthdate?: string | null;
            family_name?: string | null;
            gender?: string | null;
            given_name?: string | null;
            locale?: string | null;
            middle_name?: string | null;
            name?: string | null;
            nickname?: string | null;
            picture?: string | null;
            preferred_username?: string | null;
            profile?: string | null;
            website?: string | null;
            zoneinfo?: string | null;
        };
        ProfileShown: {
            birthdate?: string;
            family_name?: string;
            gender?: string;
            given_name?: string;
            locale?: string;
            middle_name?: string;
            name?: string;
            nickname?: string;
            picture?: string;
            preferred_username?: string;
            profile?: string;
            website?: string;
            zoneinfo?: string;
        };
        RecoveryLink: {
            /** Format: date-time */
            expires_at: string;
            /** @enum {string} */
            object: "recovery_link";
            url: string;
        };
        RecoveryLinkCreate: {
            /**
             * Format: int64
             * @description Seconds.
             * @default 3600
             */
            expires_in: number;
        };
        Session: {
            acr?: string;
            amr?: string[];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            ip?: string;
            /** Format: date-time */
            last_used_at?: string;
            /** @enum {string} */
            object: "session";
            user_agent?: string;
            user_id: string;
        };
        SessionList: {
            data: components["schemas"]["Session"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        User: {
            /** @description Whether the user is kept out. */
            blocked: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When the account is deleted unless it is kept.
             */
            delete_at?: string;
            email?: string;
            email_verified?: boolean;
            external_id?: string;
            id: string;
            /** @enum {string} */
            object: "user";
            phone_number?: string;
            phone_number_verified?: boolean;
            private_metadata?: components["schemas"]["Metadata"];
            profile?: components["schemas"]["ProfileShown"];
            public_metadata?: components["schemas"]["Metadata"];
            /** Format: date-time */
            updated_at: string;
            username?: string;
        };
        UserCreate: {
            email?: string | null;
            email_verified?: boolean | null;
            external_id?: string | null;
            phone_number?: string | null;
            phone_number_verified?: boolean | null;
            private_metadata?: components["schemas"]["Metadata"];
            profile?: components["schemas"]["Profile"];
            public_metadata?: components["schemas"]["Metadata"];
            username?: string | null;
        };
        UserList: {
            data: components["schemas"]["User"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            next_cursor?: string;
            /** @enum {string} */
            object: "list";
            previous_cursor?: string;
            /**
             * Format: int64
             * @description How many there are, where `count` was asked for.
             */
            total_count?: number;
        };
        UserPatch: {
            email?: string | null;
            email_verified?: boolean | null;
            external_id?: string | null;
            phone_number?: string | null;
            phone_number_verified?: boolean | null;
            private_metadata?: components["schemas"]["Metadata"];
            profile?: components["schemas"]["Profile"];
            public_metadata?: components["schemas"]["Metadata"];
            username?: string | null;
        };
    };
    responses: {
        /** @description What is wrong (RFC 9457). */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The `next_cursor` of a page: what follows it. */
        After: string;
        /** @description The `previous_cursor` of a page: what precedes it. */
        Before: string;
        /** @description Have `total_count` in the answer. */
        Count: boolean;
        /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
        IdempotencyKey: string;
        /** @description Change it only while it has this ETag. */
        IfMatch: string;
        /** @description How many at most. */
        Limit: number;
        /** @description By time of creation. */
        Order: "asc" | "desc";
        UserID: string;
        /** @description Answer as if it were done and change nothing. */
        ValidateOnly: boolean;
    };
    requestBodies: never;
    headers: {
        /** @description The version of what was answered, for If-Match (RFC 9110 §8.8.3). */
        ETag: string;
        /** @description The address of what was created. */
        Location: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listUsers: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: components["parameters"]["Order"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The user who can sign in by that address or user name, in any spelling. */
                identifier?: string;
                /** @description The user of that external id. */
                external_id?: components["schemas"]["ExternalID"];
                /** @description Only users that are blocked or only those that are not. */
                status?: "active" | "blocked";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Users, newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserCreate"];
            };
        };
        responses: {
            /** @description The user. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    upsertUser: {
        parameters: {
            query: {
                external_id: components["schemas"]["ExternalID"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description The user, which was there. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description The user, which was created. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Delete at once. */
                permanent?: boolean;
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user is deleted or will be. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description The user as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    blockUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createRecoveryLink: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RecoveryLinkCreate"];
            };
        };
        responses: {
            /** @description The link, which is shown once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryLink"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    requirePasswordChange: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is required. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    restoreUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserSessions: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sessions that are open, used last first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    signOutUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything is ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    endSession: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    unblockUser: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
