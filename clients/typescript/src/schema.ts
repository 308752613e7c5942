// Written by generate.mjs from the contract 1e5f78acb60eee48740bc4445e0b4069a08d6b4a; do not edit.

export interface paths {
    "/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List API keys */
        get: operations["listAPIKeys"];
        put?: never;
        /**
         * Make an API key
         * @description You can give rights that you have. A key of a user has no more than the user has at the time.
         */
        post: operations["createAPIKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an API key */
        delete: operations["revokeAPIKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Who is shown addresses or browsers of people is recorded in the log.
         */
        get: operations["listAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit-log/{row_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                row_id: string;
            };
            cookie?: never;
        };
        /** Read a row of the audit log */
        get: operations["getAuditRow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/branding": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read how pages and mails look */
        get: operations["getBranding"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change how pages and mails look
         * @description A JSON merge patch (RFC 7396). Colors that cannot be read are refused, with one near them that can.
         */
        patch: operations["updateBranding"];
        trace?: never;
    };
    "/branding/logo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set a logo
         * @description The body is a PNG or JPEG of at most 1 MiB and 2048 pixels a side. It is decoded, scaled and
         *     drawn again: what is served is a picture and nothing else that was in the file.
         */
        put: operations["setLogo"];
        post?: never;
        /**
         * Remove a logo
         * @description Without the light one there is no dark one either. To remove what is not there is no error.
         */
        delete: operations["deleteLogo"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List and find clients */
        get: operations["listClients"];
        put?: never;
        /**
         * Create a client
         * @description Members that are absent have the defaults of RFC 7591. A client that authenticates by a secret
         *     gets one, which this answer alone shows.
         */
        post: operations["createClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients/{client}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        /** Read a client */
        get: operations["getClient"];
        put?: never;
        post?: never;
        /**
         * Delete a client
         * @description What it was granted goes with it.
         */
        delete: operations["deleteClient"];
        options?: never;
        head?: never;
        /**
         * Change a client
         * @description A JSON merge patch (RFC 7396). A member that is absent keeps its value, null gives it its
         *     default. When users get other subjects by it, everything that was granted to the client ends.
         */
        patch: operations["updateClient"];
        trace?: never;
    };
    "/clients/{client}/check": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        /** Say what would make a client safer */
        get: operations["checkClient"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients/{client}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a client out
         * @description Ends everything that the client was granted, for good.
         */
        post: operations["disableClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients/{client}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a client in again
         * @description What was ended stays ended.
         */
        post: operations["enableClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients/{client}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        /**
         * List the secrets of a client
         * @description Those that are good, newest first, without what is secret.
         */
        get: operations["listClientSecrets"];
        put?: never;
        /**
         * Give a client another secret
         * @description The previous one stays good for a while, so that the application can change over; any before
         *     that ends.
         */
        post: operations["createClientSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clients/{client}/secrets/{secret_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
                secret_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a secret of a client */
        delete: operations["deleteClientSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List connections */
        get: operations["listConnections"];
        put?: never;
        /**
         * Let people sign in with an identity provider
         * @description Whoever decides whom a connection believes can sign in as anybody who uses it: so it takes every right of the tenant.
         */
        post: operations["createConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        /**
         * Read a connection
         * @description Without its secret, which is shown to nobody.
         */
        get: operations["getConnection"];
        put?: never;
        post?: never;
        /**
         * Delete a connection
         * @description The identities of users that are of it go with it, and what was begun with it ends. Where that is much, jobs go on with it.
         */
        delete: operations["deleteConnection"];
        options?: never;
        head?: never;
        /**
         * Change a connection
         * @description A JSON merge patch (RFC 7396). Lists are replaced as a whole. It takes every right of the tenant.
         */
        patch: operations["updateConnection"];
        trace?: never;
    };
    "/connections/{connection_id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let nobody sign in with a connection
         * @description Also nobody who is on the way. What was begun with it, sessions, tokens and offline access, counts for nothing while it is disabled; `end_sessions` ends it for good.
         */
        post: operations["disableConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let people sign in with a connection again
         * @description It takes every right of the tenant.
         */
        post: operations["enableConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See what becomes of claims of a provider
         * @description Nothing is stored.
         */
        post: operations["previewConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}/rotate-key": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take one step of changing the key pair with which we sign and decrypt, of a connection by SAML
         * @description Publish a next one, which our metadata have beside the present one; activate it, once the provider has read them; retire the one before, once the provider encrypts for the new one. It takes every right of the tenant.
         */
        post: operations["rotateConnectionKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}/sso": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        /**
         * Read whom a connection leads to the provider by their address
         * @description Counts as if sso were required, so that it can be asked before.
         */
        get: operations["getConnectionSSO"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{connection_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the discovery document and keys of a provider, as a sign-in does */
        post: operations["testConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/email-templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the emails and their texts
         * @description One for each kind of email, and `shared` for the texts that several kinds have.
         */
        get: operations["listEmailTemplates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/email-templates/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of email, like `password.changed`. */
                kind: components["parameters"]["EmailKind"];
            };
            cookie?: never;
        };
        /** Read the texts of an email */
        get: operations["getEmailTemplate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the texts of an email
         * @description A JSON merge patch (RFC 7396) of texts by part: `{"texts": {"subject": "Your code: {code}"}}`; null
         *     gives a part the shipped text. Texts are one line each, without markup, and hold the placeholders of
         *     the shipped text and `{tenant}`; others are refused with 422. Codes and links are shown whatever
         *     the texts say.
         */
        patch: operations["updateEmailTemplate"];
        trace?: never;
    };
    "/email-templates/{kind}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of email, like `password.changed`. */
                kind: components["parameters"]["EmailKind"];
            };
            cookie?: never;
        };
        /**
         * See an email as it would be sent
         * @description With values of nobody, like `Alice Example`. `shared` has no preview.
         */
        get: operations["previewEmail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow what happens
         * @description Every event once, in the order in which they were sealed. Nothing comes later before a place
         *     that was read.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs
         * @description Those of the last 30 days.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        /** Read a job */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a job
         * @description What it did stays.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{job_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        /**
         * Read what became of each line
         * @description Lines of JSON, each a `JobOutcome`: those that are done so far.
         */
        get: operations["readJobReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the signing keys */
        get: operations["listKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with new keys at once
         * @description What was signed before stays valid.
         */
        post: operations["rotateKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List and find organizations */
        get: operations["listOrganizations"];
        put?: never;
        /** Create an organization */
        post: operations["createOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/by-external-id": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Create or change the organization of an external id
         * @description Creates the organization when there is none of that external id, which needs `slug` and `name`, and else changes what the
         *     body holds, as a PATCH does. To send it again changes nothing.
         */
        put: operations["upsertOrganization"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** Read an organization */
        get: operations["getOrganization"];
        put?: never;
        post?: never;
        /**
         * Delete an organization
         * @description Ends memberships, invitations, and grants for it. Its members stay users.
         */
        delete: operations["deleteOrganization"];
        options?: never;
        head?: never;
        /**
         * Change an organization
         * @description A JSON merge patch (RFC 7396).
         */
        patch: operations["updateOrganization"];
        trace?: never;
    };
    "/organizations/{organization_id}/branding": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** Read how pages and mails of an organization look */
        get: operations["getOrganizationBranding"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change how pages and mails of an organization look
         * @description A JSON merge patch (RFC 7396): `{"light": {"primary": "#0b7285"}}`. What is absent or `null` is as the tenant has it. Colors that
         *     cannot be read are refused, with one near them that can. Pages show the tenant's name beside that of the organization.
         */
        patch: operations["updateOrganizationBranding"];
        trace?: never;
    };
    "/organizations/{organization_id}/branding/logo": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        get?: never;
        /**
         * Set a logo of an organization
         * @description The body is a PNG or JPEG of at most 1 MiB and 2048 pixels a side. It is decoded, scaled and
         *     drawn again: what is served is a picture and nothing else that was in the file.
         */
        put: operations["setOrganizationLogo"];
        post?: never;
        /**
         * Remove a logo of an organization
         * @description Without the light one there is no dark one either, and the tenant's are shown. To remove what is not there is no error.
         */
        delete: operations["deleteOrganizationLogo"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/connections": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** List the connections of an organization */
        get: operations["listOrganizationConnections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/connections/{connection_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        /** Read a connection of an organization */
        get: operations["getOrganizationConnection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/connections/{connection_id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let nobody sign in with a connection of an organization
         * @description Also nobody who is on the way; what was begun with it counts for nothing meanwhile, and `end_sessions` ends it for good. Enabling it takes every right of the tenant.
         */
        post: operations["disableOrganizationConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/connections/{connection_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the discovery document and keys of a provider, as a sign-in does */
        post: operations["testOrganizationConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/domains": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** List domains */
        get: operations["listDomains"];
        put?: never;
        /**
         * Add a domain
         * @description Publish the `record` of the answer in the DNS, and verify the domain then. Until that it counts for nothing.
         */
        post: operations["addDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/domains/{domain_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                domain_id: string;
            };
            cookie?: never;
        };
        /** Read a domain */
        get: operations["getDomain"];
        put?: never;
        post?: never;
        /** Remove a domain */
        delete: operations["removeDomain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/domains/{domain_id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                domain_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look for the DNS record of a domain now
         * @description A record that is not there yet is answered `domain_record_missing`. It can take hours until all servers know it.
         */
        post: operations["verifyDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** List invitations */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite somebody by mail
         * @description The address gets a mail with a link that is good for seven days. You can give roles whose rights you have, and the invitation
         *     gives them only while you have those rights.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                invitation_id: string;
            };
            cookie?: never;
        };
        /** Read an invitation */
        get: operations["getInvitation"];
        put?: never;
        post?: never;
        /**
         * Revoke an invitation
         * @description One that was accepted cannot be revoked; remove the member.
         */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/invitations/{invitation_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                invitation_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the mail of an invitation again
         * @description The new link is good for seven days. The link of the mail before ends.
         */
        post: operations["resendInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** List members */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/members/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** Read a member */
        get: operations["getMember"];
        /**
         * Add a member, or replace the roles of one
         * @description You can give roles whose rights you have. To add a user who is no member you need `users:read` in the tenant; with rights in one
         *     organization alone invite them instead.
         */
        put: operations["setMember"];
        post?: never;
        /** Remove a member */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        /** Read the policy of an organization */
        get: operations["getOrganizationPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the policy of an organization
         * @description A JSON merge patch (RFC 7396). A policy can only ask for more than the tenant does: a rule that asks for less is refused with 422
         *     `policy_looser`.
         */
        patch: operations["updateOrganizationPolicy"];
        trace?: never;
    };
    "/organizations/{organization_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let members sign in to an organization again
         * @description Other organizations of its members are not touched.
         */
        post: operations["resumeOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organization_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let nobody sign in to an organization
         * @description Other organizations of its members are not touched.
         */
        post: operations["suspendOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registration-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the initial access tokens */
        get: operations["listRegistrationTokens"];
        put?: never;
        /** Make an initial access token (RFC 7591) */
        post: operations["createRegistrationToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registration-tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an initial access token
         * @description Clients that it registered stay.
         */
        delete: operations["deleteRegistrationToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/resource-servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List resource servers */
        get: operations["listResourceServers"];
        put?: never;
        /** Create a resource server */
        post: operations["createResourceServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/resource-servers/{resource_server_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                resource_server_id: components["parameters"]["ResourceServerID"];
            };
            cookie?: never;
        };
        /** Read a resource server */
        get: operations["getResourceServer"];
        put?: never;
        post?: never;
        /**
         * Delete a resource server
         * @description No more tokens are made for it. Those that there are go on until they expire.
         */
        delete: operations["deleteResourceServer"];
        options?: never;
        head?: never;
        /**
         * Change a resource server
         * @description A JSON merge patch (RFC 7396). `scopes` is replaced as a whole. The identifier stays: tokens
         *     carry it.
         */
        patch: operations["updateResourceServer"];
        trace?: never;
    };
    "/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List roles
         * @description All of them, those that are built in first. A tenant has 500 at most.
         */
        get: operations["listRoles"];
        put?: never;
        /** Create a role */
        post: operations["createRole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/roles/{role_scope}/{role_key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                role_scope: string;
                role_key: string;
            };
            cookie?: never;
        };
        /** Read a role */
        get: operations["getRole"];
        put?: never;
        post?: never;
        /**
         * Delete a role
         * @description Whoever has it loses it.
         */
        delete: operations["deleteRole"];
        options?: never;
        head?: never;
        /**
         * Change a role
         * @description A JSON merge patch. Whoever changes a role needs all rights that it had and will have.
         */
        patch: operations["updateRole"];
        trace?: never;
    };
    "/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the tenant's settings
         * @description A setting that is absent has its default, which docs/tenants.md names.
         */
        get: operations["getSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the tenant's settings
         * @description A JSON merge patch (RFC 7396): `{"access_token_ttl": "10m", "mfa": null}` changes one setting and
         *     gives the other its default. Changing `branding` needs `branding:write` too, and `mail.texts`
         *     `email_templates:write`. Only operators change `mail.from`, and in `registration` `max_clients`,
         *     `per_hour` and `trust_redirects`: 403 `setting_of_operators`.
         */
        patch: operations["updateSettings"];
        trace?: never;
    };
    "/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count sign-ins, sign-ups and users */
        get: operations["getStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List and find tenants
         * @description Without their settings. For callers of the system tenant, as all operations on tenants are.
         */
        get: operations["listTenants"];
        put?: never;
        /**
         * Create a tenant
         * @description Its issuer answers at once. Without a host it is the public address followed by `/t/` and the slug.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{tenant}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        /** Read a tenant */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /**
         * Delete a tenant for good
         * @description Deletes its users, clients and keys at once; there is no way back. Suspend it to be able to
         *     take it back. The system tenant cannot be deleted.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /**
         * Change a tenant
         * @description A JSON merge patch (RFC 7396), of `settings` too: `{"settings": {"mfa": {"policy": "required"}}}`
         *     changes one setting, and null gives it its default. A new host is a new issuer: tokens of the
         *     old one are not valid any more, and clients have to be told.
         */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/tenants/{tenant}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a suspended tenant answer again
         * @description What was ended stays ended.
         */
        post: operations["resumeTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{tenant}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a tenant answer nobody
         * @description Ends all of its sessions and tokens. Nothing is deleted. The system tenant cannot be suspended.
         */
        post: operations["suspendTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/users/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read all users
         * @description Lines of JSON, each a `UserImport`, oldest first. They have no password hashes. The audit log notes who was given them.
         */
        get: operations["exportUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/export-with-passwords": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read all users and the hashes of their passwords
         * @description As `/users/export`, with `password_hash`. Hashes that this server made are of use to an installation with the same
         *     encryption key only.
         */
        get: operations["exportUsersWithPasswords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create and change many users
         * @description Takes a file of lines of JSON (256 MB at most, four of a tenant at once), each a `UserImport`, and works it off as a job. A line whose
         *     `external_id` a user has changes that user, as `PUT /users/by-external-id` does; any other creates one. A line that
         *     is refused stops nothing: the report of the job says what became of each. Password hashes of bcrypt, argon2, scrypt, PBKDF2
         *     and salted SHA are taken, so that people sign in with the password that they have.
         */
        post: operations["importUsers"];
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
    "/users/{user_id}/consents": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List what a user allowed clients */
        get: operations["listUserConsents"];
        put?: never;
        post?: never;
        /**
         * Take back everything that a user allowed clients
         * @description What clients were granted for the user by it ends too, offline access included.
         */
        delete: operations["revokeUserConsents"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/consents/{client}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take back what a user allowed a client
         * @description What the client was granted for the user ends too, offline access included.
         */
        delete: operations["revokeUserConsent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/emails": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List the mail addresses of a user */
        get: operations["listUserEmails"];
        put?: never;
        /**
         * Give a user another mail address
         * @description It counts as confirmed: the user can sign in with it, and have a new password set by it.
         */
        post: operations["addUserEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/emails/{email_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                email_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an address from a user */
        delete: operations["removeUserEmail"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/emails/{email_id}/make-primary": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                email_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a confirmed address the primary one */
        post: operations["makeUserEmailPrimary"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/factors": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List passkeys, authenticator apps and recovery codes of a user */
        get: operations["listUserFactors"];
        put?: never;
        post?: never;
        /**
         * Remove all factors of a user who has lost them
         * @description Passkeys, authenticator apps and recovery codes. The user is told by mail.
         */
        delete: operations["removeUserFactors"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/factors/{factor_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                factor_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a factor of a user who has lost it
         * @description With the last one the recovery codes go too. The user is told by mail.
         */
        delete: operations["removeUserFactor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /**
         * List what clients may do for a user now
         * @description A grant is one sign-in to a client, with the tokens that came of it. Those of which the tokens are
         *     over, or that were ended, are not in the list.
         */
        get: operations["listUserGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/grants/{grant_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                grant_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a grant
         * @description Its tokens end at once. What the user allowed the client stays allowed.
         */
        delete: operations["endUserGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/identities": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List the accounts at identity providers that sign a user in */
        get: operations["listUserIdentities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/identities/{identity_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                identity_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Have an account at an identity provider sign a user in no more
         * @description What was begun with it ends: sessions, tokens, offline access.
         */
        delete: operations["removeUserIdentity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List the organizations of a user */
        get: operations["listUserOrganizations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/password": {
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
        post?: never;
        /**
         * Remove the password of a user
         * @description The user signs in with a passkey from then on, and is told by mail. It ends every session and all access of applications. 409 `last_way_in` while the user has no passkey, or not what the setting `password.removable` of the tenant wants besides.
         */
        delete: operations["removeUserPassword"];
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
    "/users/{user_id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        /** List the roles of a user in the tenant */
        get: operations["listUserRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{user_id}/roles/{role_key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                role_key: string;
            };
            cookie?: never;
        };
        get?: never;
        /**
         * Give a user a role in the tenant
         * @description You can give the rights that you have, to users who have no more than you.
         */
        put: operations["assignUserRole"];
        post?: never;
        /** Take a role in the tenant from a user */
        delete: operations["removeUserRole"];
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
    "/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List webhook endpoints */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /** Have events sent to an address */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        /** Read a webhook endpoint */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook endpoint
         * @description Its deliveries go with it.
         */
        delete: operations["deleteWebhookEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change a webhook endpoint
         * @description A JSON merge patch (RFC 7396). `events` is replaced as a whole.
         */
        patch: operations["updateWebhookEndpoint"];
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        /** List what was sent to an endpoint */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
                delivery_id: string;
            };
            cookie?: never;
        };
        /** List how often a delivery was tried */
        get: operations["listWebhookAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
                delivery_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send an event to an endpoint again */
        post: operations["replayWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send nothing to an endpoint */
        post: operations["disableWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send events to an endpoint again */
        post: operations["enableWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give an endpoint another secret */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-endpoints/{endpoint_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test event to an endpoint */
        post: operations["testWebhookEndpoint"];
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
        APIKey: {
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** @description How the key starts. */
            hint: string;
            id: string;
            /** Format: date-time */
            last_used_at?: string;
            name: string;
            /** @enum {string} */
            object: "api_key";
            permissions: string[];
            /** @description Whose it is. The tenant's own have none. */
            user_id?: string;
        };
        APIKeyCreate: {
            /**
             * Format: int64
             * @description Seconds, 90 days without.
             */
            expires_in?: number;
            name: string;
            permissions: string[];
            /** @description Whose key it is to be. Without, it is the tenant's own. */
            user_id?: string;
        };
        APIKeyList: {
            data: components["schemas"]["APIKey"][];
            has_more: boolean;
            next_cursor?: string;
            /** @enum {string} */
            object: "list";
            /**
             * Format: int64
             * @description How many there are, where `count` was asked for.
             */
            total_count?: number;
        };
        APIKeyMade: {
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** @description How the key starts. */
            hint: string;
            id: string;
            /** Format: date-time */
            last_used_at?: string;
            name: string;
            /** @enum {string} */
            object: "api_key";
            permissions: string[];
            /** @description The key. Nobody can read it again. */
            secret: string;
            /** @description Whose it is. The tenant's own have none. */
            user_id?: string;
        };
        AuditLogList: {
            data: components["schemas"]["AuditRow"][];
            has_more: boolean;
            next_cursor?: string;
            /** @enum {string} */
            object: "list";
            /**
             * Format: int64
             * @description How many there are, where `count` was asked for.
             */
            total_count?: number;
        };
        AuditRow: {
            actor_id?: string;
            actor_type: string;
            data: {
                [key: string]: unknown;
            };
            /** @description There was personal detail. */
            erased?: boolean;
            first_ip?: string;
            id: string;
            ip?: string;
            /** Format: date-time */
            occurred_at: string;
            outcome: string;
            reason?: string;
            request_id?: string;
            /**
             * Format: int64
             * @description Place in the log; absent: not sealed yet.
             */
            seq?: number;
            subject?: string;
            type: string;
            /**
             * @description What is stored of the row and cannot be read, so that it is left out.
             * @enum {string}
             */
            unreadable?: "data" | "detail";
            user_agent?: string;
        };
        BrandColors: {
            /** @description Of links and what has the focus. */
            accent?: string | null;
            /** @description Of buttons, like `#3b5bdb`. */
            primary?: string | null;
        } | null;
        BrandLinks: {
            privacy?: string | null;
            support?: string | null;
            /** @description An https address. */
            terms?: string | null;
        } | null;
        BrandValue: {
            configured?: string;
            source: components["schemas"]["PolicySource"];
            /** @description A color, a name, or where the logo is. */
            value?: string;
        };
        /** @description What is absent is as Plinto ships it; docs/branding.md says how that looks. */
        Branding: {
            dark?: components["schemas"]["BrandColors"];
            /** @description `system`, `serif`, `rounded` or `humanist`. */
            font?: string;
            light?: components["schemas"]["BrandColors"];
            links?: components["schemas"]["BrandLinks"];
            /** @description Where that for dark grounds is. */
            logo_dark_url?: string;
            /** @description Where the logo is. */
            logo_url?: string;
            /** @description What pages and mails call the tenant. */
            name: string;
            /** @enum {string} */
            object: "branding";
            /** @description `none`, `small`, `medium`, `large`, or from `0px` to `24px`. */
            radius?: string;
        };
        BrandingPatch: {
            dark?: components["schemas"]["BrandColors"];
            font?: string | null;
            light?: components["schemas"]["BrandColors"];
            links?: components["schemas"]["BrandLinks"];
            /** @description null: the name of the tenant. */
            name?: string | null;
            radius?: string | null;
        };
        /** @description Metadata of RFC 7591 and others, and what the operator decides. */
        Client: {
            /** Format: int64 */
            access_token_ttl?: number;
            allowed_origins?: string[];
            /** @description Android apps that ask for passkeys of the tenant: `com.example.app/AB:CD:…`, package and SHA-256 fingerprint. */
            android_apps?: string[];
            /** @description Apps on Apple's platforms that ask for passkeys of the tenant: `ABCDE12345.com.example.app`. */
            apple_apps?: string[];
            application_type?: string;
            authorization_encrypted_response_alg?: string;
            authorization_encrypted_response_enc?: string;
            authorization_signed_response_alg?: string;
            backchannel_logout_session_required?: boolean;
            backchannel_logout_uri?: string;
            client_id: string;
            client_name?: string;
            client_uri?: string;
            /** @description Slugs of the connections to identity providers with which users may sign in to the client; none: all. */
            connections?: string[];
            contacts?: string[];
            /** Format: date-time */
            created_at: string;
            default_acr_values?: string[];
            /** Format: int64 */
            default_max_age?: number;
            default_scope?: string;
            /** @description The first-party client signs users in by itself, without a browser: it sees their passwords. */
            direct_sign_in?: boolean;
            disabled: boolean;
            /** @description Belongs to the owner of the tenant: users are not asked for consent. */
            first_party: boolean;
            frontchannel_logout_session_required?: boolean;
            frontchannel_logout_uri?: string;
            grant_types?: string[];
            id: string;
            id_token_encrypted_response_alg?: string;
            id_token_encrypted_response_enc?: string;
            id_token_signed_response_alg?: string;
            include_claims_in_id_token?: boolean;
            initiate_login_uri?: string;
            jwks?: {
                [key: string]: unknown;
            };
            jwks_uri?: string;
            logo_uri?: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            /** @enum {string} */
            object: "client";
            policy_uri?: string;
            post_logout_redirect_uris?: string[];
            profile?: string;
            redirect_uris?: string[];
            request_object_signing_alg?: string;
            request_uris?: string[];
            require_auth_time?: boolean;
            require_pkce?: boolean;
            require_pushed_authorization_requests?: boolean;
            require_signed_request_object?: boolean;
            resources?: string[];
            response_types?: string[];
            scope?: string;
            sector_identifier_uri?: string;
            /** @description Came by dynamic registration. */
            self_registered?: boolean;
            software_id?: string;
            software_statement?: string;
            software_version?: string;
            subject_type?: string;
            token_endpoint_auth_method?: string;
            token_endpoint_auth_signing_alg?: string;
            tos_uri?: string;
            /** @description In lists: `metadata`, where they are stored and cannot be read. The client is disabled then, and not found alone; it can be deleted. */
            unreadable?: string;
            /** Format: date-time */
            updated_at: string;
            userinfo_encrypted_response_alg?: string;
            userinfo_encrypted_response_enc?: string;
            userinfo_signed_response_alg?: string;
            /** @description What is odd about what was declared, in the answers to creating and updating a client. Nothing of it is refused. */
            warnings?: {
                member: string;
                message: string;
            }[];
        };
        ClientAdvice: {
            advice: string;
            /** @description The member of the metadata that it is about. */
            member: string;
        };
        /** @description Members that are not listed may be any of the IANA registry of client metadata. */
        ClientCreate: {
            /** Format: int64 */
            access_token_ttl?: number | null;
            allowed_origins?: string[] | null;
            android_apps?: string[] | null;
            apple_apps?: string[] | null;
            application_type?: string | null;
            authorization_encrypted_response_alg?: string | null;
            authorization_encrypted_response_enc?: string | null;
            authorization_signed_response_alg?: string | null;
            backchannel_logout_session_required?: boolean | null;
            backchannel_logout_uri?: string | null;
            /** @description Chosen by you; else one is made. */
            client_id?: string;
            client_name?: string | null;
            client_uri?: string | null;
            /** @description Slugs of the connections to identity providers with which users may sign in to the client; none: all. */
            connections?: string[] | null;
            contacts?: string[] | null;
            default_acr_values?: string[] | null;
            /** Format: int64 */
            default_max_age?: number | null;
            default_scope?: string | null;
            direct_sign_in?: boolean | null;
            first_party?: boolean | null;
            frontchannel_logout_session_required?: boolean | null;
            frontchannel_logout_uri?: string | null;
            grant_types?: string[] | null;
            id_token_encrypted_response_alg?: string | null;
            id_token_encrypted_response_enc?: string | null;
            id_token_signed_response_alg?: string | null;
            include_claims_in_id_token?: boolean | null;
            initiate_login_uri?: string | null;
            jwks?: {
                [key: string]: unknown;
            } | null;
            jwks_uri?: string | null;
            logo_uri?: string | null;
            policy_uri?: string | null;
            post_logout_redirect_uris?: string[] | null;
            profile?: string | null;
            redirect_uris?: string[] | null;
            request_object_signing_alg?: string | null;
            request_uris?: string[] | null;
            require_auth_time?: boolean | null;
            require_pkce?: boolean | null;
            require_pushed_authorization_requests?: boolean | null;
            require_signed_request_object?: boolean | null;
            resources?: string[] | null;
            response_types?: string[] | null;
            scope?: string | null;
            sector_identifier_uri?: string | null;
            software_id?: string | null;
            software_statement?: string | null;
            software_version?: string | null;
            subject_type?: string | null;
            token_endpoint_auth_method?: string | null;
            token_endpoint_auth_signing_alg?: string | null;
            tos_uri?: string | null;
            userinfo_encrypted_response_alg?: string | null;
            userinfo_encrypted_response_enc?: string | null;
            userinfo_signed_response_alg?: string | null;
        } & {
            [key: string]: unknown;
        };
        ClientCreated: {
            /** Format: int64 */
            access_token_ttl?: number;
            allowed_origins?: string[];
            /** @description Android apps that ask for passkeys of the tenant: `com.example.app/AB:CD:…`, package and SHA-256 fingerprint. */
            android_apps?: string[];
            /** @description Apps on Apple's platforms that ask for passkeys of the tenant: `ABCDE12345.com.example.app`. */
            apple_apps?: string[];
            application_type?: string;
            authorization_encrypted_response_alg?: string;
            authorization_encrypted_response_enc?: string;
            authorization_signed_response_alg?: string;
            backchannel_logout_session_required?: boolean;
            backchannel_logout_uri?: string;
            client_id: string;
            client_name?: string;
            /** @description Shown once. */
            client_secret?: string;
            client_uri?: string;
            /** @description Slugs of the connections to identity providers with which users may sign in to the client; none: all. */
            connections?: string[];
            contacts?: string[];
            /** Format: date-time */
            created_at: string;
            default_acr_values?: string[];
            /** Format: int64 */
            default_max_age?: number;
            default_scope?: string;
            /** @description The first-party client signs users in by itself, without a browser: it sees their passwords. */
            direct_sign_in?: boolean;
            disabled: boolean;
            /** @description Belongs to the owner of the tenant: users are not asked for consent. */
            first_party: boolean;
            frontchannel_logout_session_required?: boolean;
            frontchannel_logout_uri?: string;
            grant_types?: string[];
            id: string;
            id_token_encrypted_response_alg?: string;
            id_token_encrypted_response_enc?: string;
            id_token_signed_response_alg?: string;
            include_claims_in_id_token?: boolean;
            initiate_login_uri?: string;
            jwks?: {
                [key: string]: unknown;
            };
            jwks_uri?: string;
            logo_uri?: string;
            /** @enum {string} */
            object: "client";
            policy_uri?: string;
            post_logout_redirect_uris?: string[];
            profile?: string;
            redirect_uris?: string[];
            request_object_signing_alg?: string;
            request_uris?: string[];
            require_auth_time?: boolean;
            require_pkce?: boolean;
            require_pushed_authorization_requests?: boolean;
            require_signed_request_object?: boolean;
            resources?: string[];
            response_types?: string[];
            scope?: string;
            sector_identifier_uri?: string;
            /** @description Came by dynamic registration. */
            self_registered?: boolean;
            software_id?: string;
            software_statement?: string;
            software_version?: string;
            subject_type?: string;
            token_endpoint_auth_method?: string;
            token_endpoint_auth_signing_alg?: string;
            tos_uri?: string;
            /** Format: date-time */
            updated_at: string;
            userinfo_encrypted_response_alg?: string;
            userinfo_encrypted_response_enc?: string;
            userinfo_signed_response_alg?: string;
            /** @description What is odd about what was declared, in the answers to creating and updating a client. Nothing of it is refused. */
            warnings?: {
                member: string;
                message: string;
            }[];
        };
        ClientList: {
            data: components["schemas"]["Client"][];
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
        /** @description Members that are not listed may be any of the IANA registry of client metadata. */
        ClientPatch: {
            /** Format: int64 */
            access_token_ttl?: number | null;
            allowed_origins?: string[] | null;
            android_apps?: string[] | null;
            apple_apps?: string[] | null;
            application_type?: string | null;
            authorization_encrypted_response_alg?: string | null;
            authorization_encrypted_response_enc?: string | null;
            authorization_signed_response_alg?: string | null;
            backchannel_logout_session_required?: boolean | null;
            backchannel_logout_uri?: string | null;
            client_name?: string | null;
            client_uri?: string | null;
            /** @description Slugs of the connections to identity providers with which users may sign in to the client; none: all. */
            connections?: string[] | null;
            contacts?: string[] | null;
            default_acr_values?: string[] | null;
            /** Format: int64 */
            default_max_age?: number | null;
            default_scope?: string | null;
            direct_sign_in?: boolean | null;
            first_party?: boolean | null;
            frontchannel_logout_session_required?: boolean | null;
            frontchannel_logout_uri?: string | null;
            grant_types?: string[] | null;
            id_token_encrypted_response_alg?: string | null;
            id_token_encrypted_response_enc?: string | null;
            id_token_signed_response_alg?: string | null;
            include_claims_in_id_token?: boolean | null;
            initiate_login_uri?: string | null;
            jwks?: {
                [key: string]: unknown;
            } | null;
            jwks_uri?: string | null;
            logo_uri?: string | null;
            policy_uri?: string | null;
            post_logout_redirect_uris?: string[] | null;
            profile?: string | null;
            redirect_uris?: string[] | null;
            request_object_signing_alg?: string | null;
            request_uris?: string[] | null;
            require_auth_time?: boolean | null;
            require_pkce?: boolean | null;
            require_pushed_authorization_requests?: boolean | null;
            require_signed_request_object?: boolean | null;
            resources?: string[] | null;
            response_types?: string[] | null;
            scope?: string | null;
            sector_identifier_uri?: string | null;
            software_id?: string | null;
            software_statement?: string | null;
            software_version?: string | null;
            subject_type?: string | null;
            token_endpoint_auth_method?: string | null;
            token_endpoint_auth_signing_alg?: string | null;
            tos_uri?: string | null;
            userinfo_encrypted_response_alg?: string | null;
            userinfo_encrypted_response_enc?: string | null;
            userinfo_signed_response_alg?: string | null;
        } & {
            [key: string]: unknown;
        };
        ClientReport: {
            data: components["schemas"]["ClientAdvice"][];
            /** @enum {string} */
            object: "client_report";
        };
        ClientSecret: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description Absent: it does not expire.
             */
            expires_at?: string;
            id: string;
            /** @enum {string} */
            object: "client_secret";
        };
        ClientSecretCreate: {
            /**
             * Format: int64
             * @description Seconds that the previous secret stays good; 0: it leaked.
             * @default 604800
             */
            previous_expires_in: number;
        };
        ClientSecretCreated: {
            /** @description Shown once. */
            client_secret: string;
            /** Format: date-time */
            created_at: string;
            /** @description Secrets that were good until now and are no more: beside this one only the one before stays good for a while. */
            ended_secret_ids?: string[];
            id: string;
            /** @enum {string} */
            object: "client_secret";
            /**
             * Format: date-time
             * @description When the secret before stops being good. Absent: none is good beside this one.
             */
            previous_expires_at?: string;
        };
        ClientSecretList: {
            data: components["schemas"]["ClientSecret"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        Connection: {
            acr_values?: string[];
            auth_method: string;
            /** @description To be registered at the provider. */
            backchannel_logout_uri?: string;
            claims?: {
                [key: string]: string;
            };
            /** @enum {string} */
            claims_update?: "first" | "always";
            client_id: string;
            /** Format: date-time */
            created_at: string;
            disabled: boolean;
            email_domains: string[];
            /** @description How many sessions the request ended. A job goes on with those beyond 100. */
            ended_sessions?: number;
            endpoints?: components["schemas"]["ProviderEndpoints"];
            /** @description By SAML: our name at the provider, and the address of our metadata. */
            entity_id?: string;
            group_roles?: components["schemas"]["GroupRole"][];
            groups_claim?: string;
            hidden?: boolean;
            id: string;
            issuer: string;
            /** @description With private_key_jwt: to be registered at the provider. */
            jwks_uri?: string;
            key_id?: string;
            /** @enum {string} */
            kind: "oidc" | "oauth2" | "saml";
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            /** @enum {string} */
            mfa: "ask" | "trust";
            name: string;
            /** @enum {string} */
            object: "connection";
            organization_id?: string;
            /** @description To be registered at the provider, with rp_initiated_logout. */
            post_logout_redirect_uri?: string;
            preset?: string;
            /** @enum {string} */
            provision: "off" | "invited" | "domain" | "all";
            /** @description To be registered at the provider. */
            redirect_uri: string;
            /** @description Whether who signs out here signs out at the provider too. */
            rp_initiated_logout?: boolean;
            saml?: components["schemas"]["ConnectionSAML"];
            scopes: string[];
            /** @description By SAML: where the provider sends logout requests, and answers to ours. */
            single_logout_service?: string;
            slug: string;
            /**
             * @description Whether people are led to the provider by the domain of their address.
             * @enum {string}
             */
            sso?: "off" | "offered" | "required";
            sso_exempt?: string[];
            subject_claim?: string;
            team_id?: string;
            tenants?: string[];
            trusted_acr?: string[];
            trusted_amr?: string[];
            /** @description In lists: what is stored and cannot be read. The connection is disabled then, and not found alone, and the other members say nothing; it can be deleted. */
            unreadable?: string;
        };
        ConnectionCheck: {
            detail?: string;
            name: string;
            ok: boolean;
            warning?: boolean;
        };
        ConnectionCreate: {
            /** @description That the provider is asked for. */
            acr_values?: string[];
            /** @enum {string|null} */
            auth_method?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "signed_client_secret" | null;
            /** @description Which claim becomes name, given_name, family_name, nickname, preferred_username, locale, zoneinfo, picture or username. */
            claims?: {
                [key: string]: string;
            };
            /**
             * @description When claims are taken over.
             * @enum {string|null}
             */
            claims_update?: "first" | "always" | null;
            client_id?: string;
            /** @description That the provider gave; with signed_client_secret the private key (PEM). None with private_key_jwt, which has a key of its own. */
            client_secret?: string;
            /** @description Domains whose addresses the provider answers for; * for all. */
            email_domains?: string[];
            endpoints?: components["schemas"]["ProviderEndpoints"];
            /** @description Roles of who is in a group at the provider. */
            group_roles?: components["schemas"]["GroupRole"][];
            /** @description The claim that lists groups. */
            groups_claim?: string;
            hidden?: boolean | null;
            issuer?: string;
            /** @description With signed_client_secret. */
            key_id?: string;
            /**
             * @description oidc, unless it or a preset says so; it never changes.
             * @enum {string|null}
             */
            kind?: "oidc" | "oauth2" | "saml" | null;
            /** @enum {string|null} */
            mfa?: "ask" | "trust" | null;
            /** @description On the button. */
            name?: string;
            /** @description Whose it is. */
            organization_id?: string | null;
            /** @description A provider that is known: google, microsoft, apple, github, gitlab, okta, auth0, keycloak, oauth2. It fills in what is not given. */
            preset?: string;
            /**
             * @description Who gets an account by signing in.
             * @enum {string|null}
             */
            provision?: "off" | "invited" | "domain" | "all" | null;
            /** @description Who signs out here signs out at the provider too. */
            rp_initiated_logout?: boolean | null;
            saml?: components["schemas"]["ConnectionSAMLEdit"];
            scopes?: string[];
            /** @description In its callback address; it never changes. */
            slug: string;
            /**
             * @description Whether people with an address of email_domains are led to the provider, and may sign in otherwise. See /connections/{connection_id}/sso for how many that are.
             * @enum {string|null}
             */
            sso?: "off" | "offered" | "required" | null;
            /** @description Addresses of users who sign in otherwise all the same. */
            sso_exempt?: string[];
            /** @description With kind oauth2: the member of userinfo that says whose account it is. */
            subject_claim?: string;
            /** @description With signed_client_secret. */
            team_id?: string;
            /** @description With microsoft: the tenants whose users may sign in. */
            tenants?: string[];
            trusted_acr?: string[];
            trusted_amr?: string[];
        };
        ConnectionKey: {
            /**
             * Format: date-time
             * @description Until when the certificate says that it is valid.
             */
            not_after: string;
            /** @description Of the certificate, in hexadecimal. */
            sha256: string;
            /** @enum {string} */
            state: "active" | "next" | "previous";
        };
        ConnectionKeyStep: {
            /** @enum {string} */
            step: "publish" | "activate" | "retire";
        };
        ConnectionKeys: {
            data: components["schemas"]["ConnectionKey"][];
            /** @enum {string} */
            object: "connection_keys";
        };
        ConnectionList: {
            data: components["schemas"]["Connection"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        /** @description How reading the metadata went. What is shown beside it is what they said when they were last believed. */
        ConnectionMetadataState: {
            /**
             * Format: date-time
             * @description When they are read again.
             */
            due_at?: string;
            /** Format: date-time */
            failing_since?: string;
            /** @description Why they are not believed, or not all of them: unreachable, unsigned, entity_id, expired, invalid, certificates or unsigned_changes. */
            problem?: string;
            /**
             * Format: date-time
             * @description When they were last believed.
             */
            read_at?: string;
            /** @description Certificates that they have and that are not believed, by their SHA-256. */
            refused_certificates?: string[];
            /**
             * Format: date-time
             * @description Until when they say that they are valid; then nobody can sign in.
             */
            valid_until?: string;
        };
        ConnectionPatch: {
            /** @description That the provider is asked for. */
            acr_values?: string[];
            /** @enum {string|null} */
            auth_method?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "signed_client_secret" | null;
            /** @description Which claim becomes name, given_name, family_name, nickname, preferred_username, locale, zoneinfo, picture or username. */
            claims?: {
                [key: string]: string;
            };
            /**
             * @description When claims are taken over.
             * @enum {string|null}
             */
            claims_update?: "first" | "always" | null;
            client_id?: string;
            /** @description That the provider gave; with signed_client_secret the private key (PEM). None with private_key_jwt, which has a key of its own. */
            client_secret?: string;
            /** @description Domains whose addresses the provider answers for; * for all. */
            email_domains?: string[];
            endpoints?: components["schemas"]["ProviderEndpoints"];
            /** @description Roles of who is in a group at the provider. */
            group_roles?: components["schemas"]["GroupRole"][];
            /** @description The claim that lists groups. */
            groups_claim?: string;
            hidden?: boolean | null;
            issuer?: string;
            /** @description With signed_client_secret. */
            key_id?: string;
            /** @enum {string|null} */
            mfa?: "ask" | "trust" | null;
            /** @description On the button. */
            name?: string;
            /** @description Whose it is. */
            organization_id?: string | null;
            /** @description A provider that is known: google, microsoft, apple, github, gitlab, okta, auth0, keycloak, oauth2. It fills in what is not given. */
            preset?: string;
            /**
             * @description Who gets an account by signing in.
             * @enum {string|null}
             */
            provision?: "off" | "invited" | "domain" | "all" | null;
            /** @description Who signs out here signs out at the provider too. */
            rp_initiated_logout?: boolean | null;
            saml?: components["schemas"]["ConnectionSAMLEdit"];
            scopes?: string[];
            /**
             * @description Whether people with an address of email_domains are led to the provider, and may sign in otherwise. See /connections/{connection_id}/sso for how many that are.
             * @enum {string|null}
             */
            sso?: "off" | "offered" | "required" | null;
            /** @description Addresses of users who sign in otherwise all the same. */
            sso_exempt?: string[];
            /** @description With kind oauth2: the member of userinfo that says whose account it is. */
            subject_claim?: string;
            /** @description With signed_client_secret. */
            team_id?: string;
            /** @description With microsoft: the tenants whose users may sign in. */
            tenants?: string[];
            trusted_acr?: string[];
            trusted_amr?: string[];
        };
        ConnectionPreview: {
            email?: string;
            /** @description Whether the provider says that the user reads it. */
            email_verified?: boolean;
            groups: string[];
            /** @enum {string} */
            object: "connection_preview";
            profile: {
                [key: string]: string;
            };
            roles: components["schemas"]["PreviewedRole"][];
            /** @description Of an account that is made. */
            username?: string;
        };
        ConnectionPreviewRequest: {
            /** @description Of an ID token or userinfo. */
            claims: {
                [key: string]: unknown;
            };
        };
        ConnectionSAML: {
            certificates: string[];
            /** @enum {string} */
            logout_binding?: "redirect" | "post";
            logout_response_url?: string;
            logout_url?: string;
            metadata_certificates?: string[];
            metadata_state?: components["schemas"]["ConnectionMetadataState"];
            /** @enum {string} */
            metadata_trust?: "signed" | "pinned" | "tls";
            metadata_url?: string;
            /** @enum {string} */
            sign_on_binding?: "redirect" | "post";
            sign_on_url: string;
            sign_requests?: boolean;
        };
        /** @description A provider of SAML: by its metadata, or by what is said here, or by both, where this counts more. It replaces what there was. */
        ConnectionSAMLEdit: {
            /** @description What the provider signs with: X.509, RSA of 2048 bits or more or ECDSA, in PEM or base64. */
            certificates?: string[];
            /** @enum {string|null} */
            logout_binding?: "redirect" | "post" | null;
            /** @description Where it takes answers, if elsewhere. */
            logout_response_url?: string;
            /** @description Where the provider takes logout requests, and answers to its own. */
            logout_url?: string;
            /** @description The document that the provider publishes: it has the entity id (issuer), the address and the certificates. A longer one can be read at metadata_url. */
            metadata?: string;
            /** @description What signs the metadata: a certificate in PEM or base64, or its SHA-256 in hexadecimal. */
            metadata_certificates?: string[];
            /**
             * @description Why they are believed. signed: metadata_certificates sign them. pinned: where nobody does, they only take certificates away that are given here. tls: by who answers there.
             * @enum {string|null}
             */
            metadata_trust?: "signed" | "pinned" | "tls" | null;
            /** @description Where the provider publishes its metadata, which are read now and each day. */
            metadata_url?: string;
            /**
             * @description How requests get there.
             * @enum {string|null}
             */
            sign_on_binding?: "redirect" | "post" | null;
            /** @description Where the provider takes requests. */
            sign_on_url?: string;
            sign_requests?: boolean | null;
        };
        ConnectionTest: {
            checks: components["schemas"]["ConnectionCheck"][];
            endpoints?: components["schemas"]["ProviderEndpoints"];
            /** @enum {string} */
            object: "connection_test";
            passed: boolean;
        };
        Consent: {
            application?: components["schemas"]["Client"];
            /** @description The id of the client. */
            client: string;
            /** @description As it was shown. */
            client_name: string;
            /** Format: date-time */
            granted_at: string;
            /** @enum {string} */
            object: "consent";
            permissions: components["schemas"]["Permission"][];
            redirect_host?: string;
        };
        ConsentList: {
            data: components["schemas"]["Consent"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        Domain: {
            /**
             * Format: date-time
             * @description When its record was last looked for.
             */
            checked_at?: string;
            /** Format: date-time */
            created_at: string;
            /** @description In ASCII. */
            domain: string;
            id: string;
            /** @enum {string} */
            object: "domain";
            organization_id: string;
            record: components["schemas"]["DomainRecord"];
            /**
             * @description A domain that is `failing` is verified, and its record was not found at the last look.
             * @enum {string}
             */
            state: "pending" | "verified" | "failing";
            /** Format: date-time */
            verified_at?: string;
        };
        DomainCreate: {
            domain: string;
        };
        DomainList: {
            data: components["schemas"]["Domain"][];
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
        /** @description What the DNS has to hold. */
        DomainRecord: {
            name: string;
            /** @enum {string} */
            type: "TXT";
            value: string;
        };
        /** @description Hours, minutes and seconds, like `24h`, `15m` or `1h30m0s`. */
        Duration: string | null;
        Email: {
            email: string;
            /** @description None of the primary one. */
            id?: string;
            /** @enum {string} */
            object: "email";
            primary: boolean;
            verified: boolean;
            /** Format: date-time */
            verified_at?: string;
        };
        EmailCreate: {
            /** Format: idn-email */
            email: string;
        };
        EmailList: {
            data: components["schemas"]["Email"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        EmailPreview: {
            /** @description The sender; absent: that of the installation. */
            from?: string;
            html: string;
            kind: string;
            language: string;
            /** @enum {string} */
            object: "email_preview";
            reply_to?: string;
            subject: string;
            /** @description For readers that show no markup. */
            text: string;
        };
        EmailTemplate: {
            kind: string;
            language: string;
            /** @enum {string} */
            object: "email_template";
            texts: components["schemas"]["EmailText"][];
        };
        EmailTemplateList: {
            data: components["schemas"]["EmailTemplate"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        EmailTemplatePatch: {
            /** @description By part. */
            texts: {
                [key: string]: string | null;
            };
        };
        EmailText: {
            /** @description What Plinto ships. */
            default: string;
            /** @description `subject`, `says`, `advice`; of `shared` the key of the text. */
            part: string;
            /** @description What the text may hold, such as `{tenant}`; it is filled in when the email is sent. */
            placeholders: string[];
            /** @enum {string} */
            source: "default" | "tenant";
            /** @description What emails say. */
            text: string;
        };
        EventGap: {
            /** Format: int64 */
            from: number;
            /** Format: int64 */
            to: number;
        };
        EventPage: {
            data: components["schemas"]["AuditRow"][];
            /** @description Places whose events are not kept any more. */
            gaps?: components["schemas"]["EventGap"][];
            has_more: boolean;
            /** Format: int64 */
            next: number;
            /** @enum {string} */
            object: "list";
        };
        /** @description What another system calls it. */
        ExternalID: string;
        Factor: {
            /** Format: date-time */
            created_at?: string;
            /** @description None of recovery codes. */
            id?: string;
            /** @enum {string} */
            kind: "passkey" | "totp" | "recovery_codes";
            /** Format: date-time */
            last_used_at?: string;
            /**
             * Format: int64
             * @description Recovery codes that were not used.
             */
            left?: number;
            /** @description The authenticator of a passkey, where it is known: Windows Hello, YubiKey 5 Series. */
            model?: string;
            name?: string;
            /** @enum {string} */
            object: "factor";
            /** @description A passkey that is on more than one device. */
            synced?: boolean;
        };
        FactorList: {
            data: components["schemas"]["Factor"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        Grant: {
            acr?: string;
            application?: components["schemas"]["Client"];
            /** @description The id of the client. */
            client: string;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When refreshing ends.
             */
            expires_at: string;
            id: string;
            /** @enum {string} */
            object: "grant";
            /** @description Whether it lasts when the session is over. */
            offline: boolean;
            organization?: components["schemas"]["Organization"];
            /** @description The organization that it is for. */
            organization_id?: string;
            /** @description Identifiers of resource servers. */
            resources: string[];
            scopes: string[];
            /** @description The session in which it was granted. */
            session_id: string;
            /** Format: date-time */
            signed_in_at?: string;
        };
        GrantList: {
            data: components["schemas"]["Grant"][];
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
        GroupRole: {
            group: string;
            /** @description Whose role it is, in a connection of the tenant; without it the tenant's. A connection of an organization gives roles of that one. */
            organization_id?: string;
            /** @description Its key. */
            role: string;
        };
        HomeRealm: {
            /** @description There are more than were counted. */
            affected_more: boolean;
            /** @description Users who can sign in with the provider alone once sso is required: those who have an address of one of these domains, belong to the organization if the connection is of one, have no role in the tenant and are not exempt. */
            affected_users: number;
            /** @description Domains whose people are led to the provider, or would be if sso were not off. */
            leads: string[];
            /** @enum {string} */
            object: "home_realm";
            /** @enum {string} */
            sso: "off" | "offered" | "required";
            /** @description Domains of email_domains that lead nobody: not verified by the organization of the connection, or another one's. */
            waits: string[];
        };
        Identity: {
            /** @description Its slug. */
            connection: string;
            /** Format: date-time */
            created_at: string;
            id: string;
            issuer: string;
            /** @description How the provider calls the account. */
            label?: string;
            /** @enum {string} */
            object: "identity";
            subject: string;
            /** Format: date-time */
            used_at?: string;
        };
        IdentityList: {
            data: components["schemas"]["Identity"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        Invitation: {
            /** Format: date-time */
            accepted_at?: string;
            /** @description The user who accepted. */
            accepted_by?: string;
            /** @description The application to which accepting leads. */
            client_id?: string;
            /** Format: date-time */
            created_at: string;
            email: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            inviter?: components["schemas"]["MemberUser"];
            /** @description The user who invited. */
            inviter_id?: string;
            /** @description Of the mail. */
            lang?: string;
            /** @enum {string} */
            object: "invitation";
            organization_id: string;
            /** Format: date-time */
            revoked_at?: string;
            roles: string[];
            /**
             * Format: date-time
             * @description The last mail.
             */
            sent_at: string;
            /** @enum {string} */
            state: "open" | "accepted" | "revoked" | "expired";
        };
        InvitationCreate: {
            /** @description The application to which accepting leads. Without one it is the account page. */
            client_id?: string;
            email: string;
            /**
             * @description Of the mail. Without it is that of who has an account with the address, else the tenant's.
             * @enum {string}
             */
            lang?: "en" | "de" | "fr" | "es" | "ar" | "ja";
            /** @description Keys of roles that members have. */
            roles?: string[];
        };
        InvitationList: {
            data: components["schemas"]["Invitation"][];
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
        /**
         * @description Where its data is: in tables that tenants share, under row-level security (`shared`, the default), in
         *     tables of its own, in a schema of the same database (`schema`), or in a database of its own on the same
         *     server (`database`). One elsewhere is named with `plinto tenant create`.
         * @enum {string}
         */
        Isolation: "shared" | "schema" | "database";
        Job: {
            counts: components["schemas"]["JobCounts"];
            /** Format: date-time */
            created_at: string;
            dry_run: boolean;
            /** Format: date-time */
            finished_at?: string;
            id: string;
            /**
             * @description The lines of a deletion are rows; `connection_sessions` ends sessions.
             * @enum {string}
             */
            kind: "user_import" | "client_deletion" | "user_deletion" | "organization_deletion" | "tenant_deletion" | "connection_deletion" | "connection_sessions" | "webhook_deletion" | "role_deletion";
            /** @enum {string} */
            object: "job";
            /**
             * @description `running` while it waits, too.
             * @enum {string}
             */
            state: "running" | "succeeded" | "failed" | "canceled";
            /** @description The id of what a deletion deletes. Tenants are deleted by jobs of the system tenant. */
            target?: string;
        };
        /** @description How many lines are done, and what became of them. */
        JobCounts: {
            /** Format: int64 */
            created: number;
            /** Format: int64 */
            lines: number;
            /** Format: int64 */
            refused: number;
            /** Format: int64 */
            unchanged: number;
            /** Format: int64 */
            updated: number;
        };
        JobList: {
            data: components["schemas"]["Job"][];
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
        /** @description What became of a line. */
        JobOutcome: {
            /** @description Why it was refused. */
            code?: string;
            detail?: string;
            errors?: {
                detail?: string;
                /** @description A JSON Pointer into the line. */
                pointer?: string;
            }[];
            external_id?: string;
            /** @description Of the user. */
            id?: string;
            /**
             * Format: int64
             * @description From 1 on.
             */
            line: number;
            /** @description What of it was not taken. */
            notes?: {
                code?: string;
                detail?: string;
            }[];
            /** @enum {string} */
            status: "created" | "updated" | "unchanged" | "refused";
        };
        Key: {
            /** Format: date-time */
            activates_at?: string;
            alg: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            gone_at?: string;
            kid: string;
            /** @enum {string} */
            object: "key";
            /** Format: date-time */
            retires_at?: string;
            /** @enum {string} */
            state: "next" | "active" | "retiring" | "gone";
        };
        KeyList: {
            data: components["schemas"]["Key"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        KeyRotation: {
            /** @description Absent: those that every tenant signs with. */
            algs?: string[];
        };
        Member: {
            /** Format: date-time */
            joined_at?: string;
            /** @enum {string} */
            object: "member";
            roles: string[];
            user?: components["schemas"]["MemberUser"];
            user_id: string;
        };
        MemberList: {
            data: components["schemas"]["Member"][];
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
        MemberSet: {
            roles: string[];
        };
        /** @description What who manages an organization is shown of a member's account. */
        MemberUser: {
            blocked: boolean;
            email?: string;
            email_verified?: boolean;
            id: string;
            name?: string;
            /** @enum {string} */
            object: "user";
            username?: string;
        };
        /** @description What you keep with it: 16 KB of JSON at most. */
        Metadata: {
            [key: string]: unknown;
        };
        Organization: {
            /** Format: date-time */
            created_at: string;
            external_id?: string;
            id: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            name: string;
            /** @enum {string} */
            object: "organization";
            private_metadata?: components["schemas"]["Metadata"];
            public_metadata?: components["schemas"]["Metadata"];
            slug: string;
            /** @description Whether nobody signs in to it. */
            suspended: boolean;
            /** @description In lists: the members that are stored and cannot be read. They are left out, nobody signs in to it, and it is not found alone; it can be deleted. */
            unreadable?: string;
        };
        /** @description Of each value what the organization chose (`configured`), what is shown (`value`), and whose choice that is (`source`). Without a value it is as Plinto ships it. */
        OrganizationBranding: {
            dark: components["schemas"]["OrganizationColors"];
            font: components["schemas"]["BrandValue"];
            light: components["schemas"]["OrganizationColors"];
            logo: components["schemas"]["BrandValue"];
            logo_dark: components["schemas"]["BrandValue"];
            /** @enum {string} */
            object: "organization_branding";
            radius: components["schemas"]["BrandValue"];
        };
        OrganizationBrandingPatch: {
            dark?: components["schemas"]["BrandColors"];
            font?: string | null;
            light?: components["schemas"]["BrandColors"];
            radius?: string | null;
        };
        OrganizationColors: {
            accent: components["schemas"]["BrandValue"];
            primary: components["schemas"]["BrandValue"];
        };
        OrganizationCreate: {
            external_id?: string | null;
            name: string;
            private_metadata?: components["schemas"]["Metadata"];
            public_metadata?: components["schemas"]["Metadata"];
            slug: string;
        };
        OrganizationList: {
            data: components["schemas"]["Organization"][];
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
        OrganizationPatch: {
            external_id?: string | null;
            name?: string;
            private_metadata?: components["schemas"]["Metadata"];
            public_metadata?: components["schemas"]["Metadata"];
            slug?: string;
        };
        /** @description Of each rule what the organization asks for (`configured`), what holds (`value`), and whose setting that is (`source`). */
        OrganizationPolicy: {
            email_domains: components["schemas"]["PolicyTexts"];
            mfa: components["schemas"]["PolicyText"];
            /** @enum {string} */
            object: "organization_policy";
            remember_idle_ttl: components["schemas"]["PolicySeconds"];
            remember_ttl: components["schemas"]["PolicySeconds"];
            session_idle_ttl: components["schemas"]["PolicySeconds"];
            session_ttl: components["schemas"]["PolicySeconds"];
            sign_in_methods: components["schemas"]["PolicyTexts"];
        };
        OrganizationPolicyPatch: {
            /** @description Domains of the addresses that can be invited. */
            email_domains?: string[] | null;
            /**
             * @description Members need a second factor.
             * @enum {string|null}
             */
            mfa?: "required" | null;
            /**
             * Format: int64
             * @description Seconds without use after which members sign in again.
             */
            session_idle_ttl?: number | null;
            /**
             * Format: int64
             * @description Seconds after which members sign in again.
             */
            session_ttl?: number | null;
            /** @description How members can sign in. */
            sign_in_methods?: ("password" | "passkey")[] | null;
        };
        Permission: {
            /** @description The resource server; none of what is known of the user. */
            resource?: string;
            scope?: string;
        };
        PolicySeconds: {
            /** Format: int64 */
            configured?: number;
            source: components["schemas"]["PolicySource"];
            /**
             * Format: int64
             * @description Seconds.
             */
            value: number;
        };
        /** @enum {string} */
        PolicySource: "tenant" | "organization";
        PolicyText: {
            configured?: string;
            source: components["schemas"]["PolicySource"];
            value: string;
        };
        PolicyTexts: {
            configured?: string[];
            source: components["schemas"]["PolicySource"];
            /** @description None, where the source is the tenant, is every one. */
            value: string[];
        };
        PreviewedRole: {
            organization_id?: string;
            role: string;
            /** @description It is not given: there is no such role, or whoever made the rule may not give it any more. */
            withheld: boolean;
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
        /** @description Where a provider answers that has no discovery document. */
        ProviderEndpoints: {
            authorization: string;
            end_session?: string;
            jwks?: string;
            token: string;
            userinfo?: string;
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
        RegistrationToken: {
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            name?: string;
            /** @enum {string} */
            object: "registration_token";
            /** Format: int64 */
            uses_left: number;
        };
        RegistrationTokenCreate: {
            /**
             * Format: int64
             * @description Seconds.
             * @default 86400
             */
            expires_in: number;
            /** @description What it is for. */
            name?: string;
            /**
             * Format: int64
             * @description How many clients it may register.
             * @default 1
             */
            uses: number;
        };
        RegistrationTokenCreated: {
            /** Format: date-time */
            expires_at: string;
            id: string;
            name?: string;
            /** @enum {string} */
            object: "registration_token";
            /** @description Shown once. */
            token: string;
            /** Format: int64 */
            uses_left: number;
        };
        RegistrationTokenList: {
            data: components["schemas"]["RegistrationToken"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        ResourceServer: {
            /**
             * Format: int64
             * @description Seconds; absent: as the tenant says.
             */
            access_token_ttl?: number;
            /** Format: date-time */
            created_at: string;
            id: string;
            /** @description The `resource` of RFC 8707, and the audience of tokens. */
            identifier: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            name: string;
            /** @enum {string} */
            object: "resource_server";
            scopes: components["schemas"]["Scope"][];
            signing_alg?: string;
            /** @enum {string} */
            token_format: "jwt" | "opaque";
            /** @description In lists: the members that are stored and cannot be read. There are no tokens for it then, and it is not found alone; it can be deleted. */
            unreadable?: string;
            /** Format: date-time */
            updated_at: string;
        };
        ResourceServerCreate: {
            /** Format: int64 */
            access_token_ttl?: number | null;
            identifier: string;
            name?: string | null;
            scopes?: components["schemas"]["Scope"][] | null;
            signing_alg?: string | null;
            /** @enum {string|null} */
            token_format?: "jwt" | "opaque" | null;
        };
        ResourceServerList: {
            data: components["schemas"]["ResourceServer"][];
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
        ResourceServerPatch: {
            /** Format: int64 */
            access_token_ttl?: number | null;
            name?: string | null;
            scopes?: components["schemas"]["Scope"][] | null;
            signing_alg?: string | null;
            /** @enum {string|null} */
            token_format?: "jwt" | "opaque" | null;
        };
        Role: {
            /** @description Whether it is part of Plinto and cannot be changed. */
            built_in: boolean;
            /** Format: date-time */
            created_at?: string;
            description?: string;
            /** @description None of roles that are built in. */
            id?: string;
            includes: string[];
            key: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            name: string;
            /** @enum {string} */
            object: "role";
            permissions: string[];
            scope: components["schemas"]["RoleScope"];
            /** Format: date-time */
            updated_at?: string;
        };
        RoleCreate: {
            description?: string;
            includes?: string[];
            key: string;
            name: string;
            permissions?: string[];
            scope: components["schemas"]["RoleScope"];
        };
        RoleList: {
            data: components["schemas"]["Role"][];
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        RolePatch: {
            description?: string | null;
            includes?: string[] | null;
            name?: string;
            permissions?: string[] | null;
        };
        /**
         * @description Where it holds.
         * @enum {string}
         */
        RoleScope: "tenant" | "organization";
        Scope: {
            /** @description Granted to requests that name no scope. */
            default?: boolean;
            /** @description How a consent page words it. */
            description?: string;
            name: string;
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
            /**
             * Format: int64
             * @description How many there are, where `count` was asked for.
             */
            total_count?: number;
        };
        /** @description Policies of a tenant. docs/tenants.md says what each does and what it is without being set. In a patch null gives it its default. */
        Settings: {
            access_token_ttl?: components["schemas"]["Duration"];
            acr_levels?: {
                acr: string;
                amr: string[];
            }[] | null;
            allow_implicit?: boolean | null;
            branding?: {
                dark?: components["schemas"]["BrandColors"];
                font?: string | null;
                light?: components["schemas"]["BrandColors"];
                links?: components["schemas"]["BrandLinks"];
                /** @description The hash of the logo, which `PUT /branding/logo` changes. */
                logo?: string | null;
                logo_dark?: string | null;
                name?: string | null;
                radius?: string | null;
            } | null;
            contacts?: components["schemas"]["Texts"];
            deletion?: {
                by_users?: components["schemas"]["Switch"];
                grace?: components["schemas"]["Duration"];
            } | null;
            devices?: {
                check?: components["schemas"]["Switch"];
                remember?: components["schemas"]["Switch"];
                remember_for?: components["schemas"]["Duration"];
                /** @enum {string|null} */
                unreachable?: "refuse" | "allow" | null;
            } | null;
            domain_label?: string | null;
            email_sign_in?: components["schemas"]["Switch"];
            expiry_logs_out?: boolean | null;
            id_token_ttl?: components["schemas"]["Duration"];
            identifiers?: components["schemas"]["Texts"];
            languages?: components["schemas"]["Texts"];
            mail?: {
                from?: string | null;
                reply_to?: string | null;
                /** @description By language and key. `/email-templates` says what there is. */
                texts?: {
                    [key: string]: {
                        [key: string]: string | null;
                    } | null;
                } | null;
            } | null;
            mfa?: {
                /** @enum {string|null} */
                attestation?: "none" | "direct" | null;
                authenticators?: components["schemas"]["Texts"];
                passkey_host?: string | null;
                passkey_hosts?: components["schemas"]["Texts"];
                /** @enum {string|null} */
                passkeys?: "off" | "unoffered" | "offered" | null;
                /** @enum {string|null} */
                policy?: "off" | "optional" | "required" | null;
                required_for?: components["schemas"]["Texts"];
                /** @enum {string|null} */
                silent_passkeys?: "on" | "off" | null;
            } | null;
            password?: {
                /** @enum {string|null} */
                breached?: "off" | "flag" | "step_up" | "change" | null;
                history?: number | null;
                min_length?: number | null;
                min_length_with_factor?: number | null;
                min_score?: number | null;
                /** @enum {string|null} */
                removable?: "off" | "passkey" | "two_ways" | null;
            } | null;
            refresh_absolute_ttl?: components["schemas"]["Duration"];
            refresh_grace?: components["schemas"]["Duration"];
            refresh_idle_ttl?: components["schemas"]["Duration"];
            registration?: {
                max_clients?: number | null;
                /** @enum {string|null} */
                mode?: "off" | "token" | "open" | null;
                per_hour?: number | null;
                resources?: components["schemas"]["Texts"];
                software_statement_issuers?: {
                    issuer: string;
                    jwks?: {
                        [key: string]: unknown;
                    };
                    jwks_uri?: string;
                }[] | null;
                trust_redirects?: boolean | null;
            } | null;
            remember_idle_ttl?: components["schemas"]["Duration"];
            remember_ttl?: components["schemas"]["Duration"];
            require_pkce?: boolean | null;
            require_pushed_authorization_requests?: boolean | null;
            saml?: components["schemas"]["Switch"];
            session_idle_ttl?: components["schemas"]["Duration"];
            session_ttl?: components["schemas"]["Duration"];
            sign_up?: {
                denied_domains?: components["schemas"]["Texts"];
                domains?: components["schemas"]["Texts"];
                enabled?: boolean | null;
                subdomains?: boolean | null;
            } | null;
        };
        Shares: {
            /** Format: int64 */
            count?: number;
            name?: string;
        }[] | null;
        Statistics: {
            /** Format: int64 */
            active_users_this_month?: number;
            authorizations_by_client?: components["schemas"]["Shares"];
            authorizations_by_path?: components["schemas"]["Shares"];
            days: {
                /** Format: int64 */
                active_users?: number;
                /** Format: int64 */
                authorizations?: number;
                day?: string;
                /** Format: int64 */
                sign_in_failures?: number;
                /** Format: int64 */
                sign_ins?: number;
                /** Format: int64 */
                sign_ups?: number;
            }[];
            first: string;
            last: string;
            /** @enum {string} */
            object: "statistics";
            sessions_ended_by_reason?: components["schemas"]["Shares"];
            sign_in_failures_by_reason?: components["schemas"]["Shares"];
            sign_ins_by_method?: components["schemas"]["Shares"];
        };
        /** @enum {string|null} */
        Switch: "on" | "off" | null;
        Tenant: {
            /** Format: date-time */
            created_at: string;
            /** @description That it answers on; absent of one that answers below the public address. */
            host?: string;
            id: string;
            isolation: components["schemas"]["TenantIsolation"];
            /** @description The address that is in its tokens. */
            issuer: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            name: string;
            /** @enum {string} */
            object: "tenant";
            settings?: components["schemas"]["Settings"];
            slug: string;
            /** @description Whether it answers nobody. */
            suspended: boolean;
            /** @description What of it is stored and cannot be read, so that it answers 503 and its settings are left out; absent of a tenant that is as it should be. */
            unreadable?: string;
        };
        TenantCreate: {
            host?: string | null;
            isolation?: components["schemas"]["Isolation"];
            /** @description What users see; the slug without it. */
            name?: string;
            settings?: components["schemas"]["Settings"];
            /** @description Stays what it is: part of addresses. */
            slug: string;
        };
        /**
         * @description Where its data is, as when a tenant is created; `moving` while `plinto tenant move` moves it and it answers nobody.
         * @enum {string}
         */
        TenantIsolation: "shared" | "schema" | "database" | "moving";
        TenantList: {
            data: components["schemas"]["Tenant"][];
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
        TenantPatch: {
            host?: string | null;
            name?: string;
            settings?: components["schemas"]["Settings"];
        };
        Texts: string[] | null;
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
            /** @description In lists: the members that are stored and cannot be read. They are left out, the user cannot sign in, and is not found alone; they can be deleted. Absent of a user that is as it should be. */
            unreadable?: string;
            /** Format: date-time */
            updated_at: string;
            username?: string;
        };
        UserCreate: {
            /** Format: idn-email */
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
        /** @description One line of a file of users. What is absent stays as it is at a user who is there. */
        UserImport: {
            blocked?: boolean;
            /** Format: date-time */
            created_at?: string;
            email?: string;
            email_verified?: boolean;
            external_id?: string;
            /** @description Of an export; not taken. */
            id?: string;
            /** @description What another system stored, taken by users who have no password. */
            password_hash?: string;
            phone_number?: string;
            phone_number_verified?: boolean;
            private_metadata?: components["schemas"]["Metadata"];
            profile?: components["schemas"]["UserImportProfile"];
            public_metadata?: components["schemas"]["Metadata"];
            require_password_change?: boolean;
            /** @description Authenticator apps of a user who is created: SHA-1, 6 digits, 30 seconds. */
            totp?: {
                name?: string;
                /** @description In base32. */
                secret: string;
            }[];
            /** @description Of an export: the members of the user that are stored and cannot be read, so that the line has nothing else but the id. It is refused. */
            unreadable?: string;
            username?: string;
        };
        UserImportProfile: {
            address?: {
                [key: string]: string;
            };
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
        UserOrganization: {
            /** Format: date-time */
            joined_at: string;
            /** @enum {string} */
            object: "membership";
            organization?: components["schemas"]["Organization"];
            organization_id: string;
            roles: string[];
        };
        UserOrganizationList: {
            data: components["schemas"]["UserOrganization"][];
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
            /**
             * Format: idn-email
             * @description When it is another address, both mailboxes are told.
             */
            email?: string | null;
            /** @description Whether the user is known to read mail there. Of another address it is false unless it is given with that. */
            email_verified?: boolean | null;
            external_id?: string | null;
            phone_number?: string | null;
            /** @description As email_verified. */
            phone_number_verified?: boolean | null;
            private_metadata?: components["schemas"]["Metadata"];
            profile?: components["schemas"]["Profile"];
            public_metadata?: components["schemas"]["Metadata"];
            username?: string | null;
        };
        UserRoles: {
            /** @enum {string} */
            object: "user_roles";
            permissions: string[];
            roles: string[];
        };
        WebhookAttempt: {
            /** @description How the answer begins. */
            answer?: string;
            /** @description Whether there was more of it. */
            answer_cut?: boolean;
            /** Format: date-time */
            at: string;
            /** @description Why it failed, like `status`, `timeout` or `dns`; absent of one that was accepted. */
            error?: string;
            id: string;
            /** Format: int64 */
            latency_ms: number;
            /** @enum {string} */
            object: "webhook_attempt";
            /**
             * Format: int32
             * @description Of the answer; absent: there was none.
             */
            status?: number;
        };
        WebhookAttemptList: {
            data: components["schemas"]["WebhookAttempt"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        WebhookDelivery: {
            /** Format: int64 */
            attempts: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            due_at?: string;
            event_id: string;
            /** Format: date-time */
            finished_at?: string;
            id: string;
            /** @enum {string} */
            object: "webhook_delivery";
            reason?: string;
            /** @enum {string} */
            state: "pending" | "delivered" | "failed" | "dropped";
            type: string;
        };
        WebhookDeliveryList: {
            data: components["schemas"]["WebhookDelivery"][];
            has_more: boolean;
            next_cursor?: string;
            /** @enum {string} */
            object: "list";
            /**
             * Format: int64
             * @description How many there are, where `count` was asked for.
             */
            total_count?: number;
        };
        WebhookEndpoint: {
            /** Format: date-time */
            created_at: string;
            description?: string;
            disabled: boolean;
            disabled_reason?: string;
            events: string[];
            /** Format: date-time */
            failing_since?: string;
            id: string;
            /** @description The manifest of `plinto apply` that declares it; others need `force` to change it. */
            managed_by?: string;
            /** @enum {string} */
            object: "webhook_endpoint";
            /** @enum {string} */
            payload: "full" | "thin";
            url: string;
        };
        WebhookEndpointCreate: {
            description?: string | null;
            /** @description Types of events, or all of a kind like user.*. */
            events: string[];
            /** @enum {string|null} */
            payload?: "full" | "thin" | null;
            url: string;
        };
        WebhookEndpointCreated: {
            /** Format: date-time */
            created_at: string;
            description?: string;
            disabled: boolean;
            disabled_reason?: string;
            events: string[];
            /** Format: date-time */
            failing_since?: string;
            id: string;
            /** @enum {string} */
            object: "webhook_endpoint";
            /** @enum {string} */
            payload: "full" | "thin";
            /** @description Shown once. */
            secret: string;
            url: string;
        };
        WebhookEndpointList: {
            data: components["schemas"]["WebhookEndpoint"][];
            /** @description Whether there are more in the direction asked for. */
            has_more: boolean;
            /** @enum {string} */
            object: "list";
        };
        WebhookEndpointPatch: {
            description?: string | null;
            /** @description Types of events, or all of a kind like user.*. */
            events?: string[];
            /** @enum {string|null} */
            payload?: "full" | "thin" | null;
            url?: string;
        };
        WebhookRotation: {
            /**
             * Format: int64
             * @description Seconds that the previous secret signs too.
             * @default 86400
             */
            overlap: number;
        };
        WebhookSecret: {
            /** @enum {string} */
            object: "webhook_secret";
            /** @description Shown once. */
            secret: string;
        };
        WebhookTest: {
            event_id: string;
            /** @enum {string} */
            object: "webhook_test";
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
        /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
        ClientID: string;
        /** @description Id or slug. */
        ConnectionID: string;
        /** @description Have `total_count` in the answer. */
        Count: boolean;
        /** @description The kind of email, like `password.changed`. */
        EmailKind: string;
        /** @description A language of emails, like `de`; without it the first of the tenant. */
        EmailLanguage: string;
        EndpointID: string;
        /** @description Have `user` in each member. */
        ExpandUser: "user";
        /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
        Force: boolean;
        /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
        IdempotencyKey: string;
        /** @description Change it only while it has this ETag. */
        IfMatch: string;
        /** @description Id of a job, `job_…`. */
        JobID: string;
        /** @description How many at most. */
        Limit: number;
        /** @description The logo for light or for dark grounds. */
        LogoScheme: "light" | "dark";
        /** @description By time of creation. */
        Order: "asc" | "desc";
        OrganizationID: string;
        ResourceServerID: string;
        /** @description The slug or id of the tenant. */
        TenantName: string;
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
    listAPIKeys: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description Only those of a user. */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Keys that stand, oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["APIKeyList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createAPIKey: {
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
                "application/json": components["schemas"]["APIKeyCreate"];
            };
        };
        responses: {
            /** @description The key. Its secret is shown once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["APIKeyMade"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeAPIKey: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listAuditLog: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description Only events of this type, or of these, separated by commas. */
                type?: string;
                /** @description Only what this id or this type of actor did. */
                actor?: string;
                /** @description Only what happened to it. */
                subject?: string;
                outcome?: "success" | "failure";
                since?: string;
                /** @description Exclusive. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Rows that fit, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditLogList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getAuditRow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                row_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The row. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditRow"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getBranding: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The branding. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updateBranding: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BrandingPatch"];
            };
        };
        responses: {
            /** @description The branding as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    setLogo: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description The logo for light or for dark grounds. */
                scheme?: components["parameters"]["LogoScheme"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/*": string;
            };
        };
        responses: {
            /** @description The branding as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteLogo: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description The logo for light or for dark grounds. */
                scheme?: components["parameters"]["LogoScheme"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no such logo. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listClients: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: components["parameters"]["Order"];
                /** @description The client of that client_id. */
                client_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Clients, newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createClient: {
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
                "application/json": components["schemas"]["ClientCreate"];
            };
        };
        responses: {
            /** @description The client, with its secret. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientCreated"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteClient: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateClient: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClientPatch"];
            };
        };
        responses: {
            /** @description The client as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    checkClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What works and could be better, or has no effect. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientReport"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    disableClient: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    enableClient: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Client"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listClientSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secrets: at most two. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientSecretList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createClientSecret: {
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
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ClientSecretCreate"];
            };
        };
        responses: {
            /** @description The secret, which is shown once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientSecretCreated"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteClientSecret: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
                secret_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret is good for no more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listConnections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, by slug: at most 100. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createConnection: {
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
                "application/json": components["schemas"]["ConnectionCreate"];
            };
        };
        responses: {
            /** @description The connection. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteConnection: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateConnection: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionPatch"];
            };
        };
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    disableConnection: {
        parameters: {
            query?: {
                /** @description End what was begun with it, also of a connection that is disabled already. Applications are told. */
                end_sessions?: boolean;
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    enableConnection: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    previewConnection: {
        parameters: {
            query?: never;
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionPreviewRequest"];
            };
        };
        responses: {
            /** @description What an account with these claims gets here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionPreview"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rotateConnectionKey: {
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
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionKeyStep"];
            };
        };
        responses: {
            /** @description The key pairs that there are then. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionKeys"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getConnectionSSO: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Domains, and how many users they have. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HomeRealm"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    testConnection: {
        parameters: {
            query?: never;
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was looked at. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionTest"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listEmailTemplates: {
        parameters: {
            query?: {
                /** @description A language of emails, like `de`; without it the first of the tenant. */
                language?: components["parameters"]["EmailLanguage"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The templates, by kind. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailTemplateList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getEmailTemplate: {
        parameters: {
            query?: {
                /** @description A language of emails, like `de`; without it the first of the tenant. */
                language?: components["parameters"]["EmailLanguage"];
            };
            header?: never;
            path: {
                /** @description The kind of email, like `password.changed`. */
                kind: components["parameters"]["EmailKind"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The template. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailTemplate"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updateEmailTemplate: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description A language of emails, like `de`; without it the first of the tenant. */
                language?: components["parameters"]["EmailLanguage"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The kind of email, like `password.changed`. */
                kind: components["parameters"]["EmailKind"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailTemplatePatch"];
            };
        };
        responses: {
            /** @description The template as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailTemplate"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    previewEmail: {
        parameters: {
            query?: {
                /** @description A language of emails, like `de`; without it the first of the tenant. */
                language?: components["parameters"]["EmailLanguage"];
            };
            header?: never;
            path: {
                /** @description The kind of email, like `password.changed`. */
                kind: components["parameters"]["EmailKind"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The email. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailPreview"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next` of the page before; -1: from the beginning. */
                after?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events after the place. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: components["parameters"]["Order"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs, newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    cancelJob: {
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
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    readJobReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a job, `job_…`. */
                job_id: components["parameters"]["JobID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys, oldest first. There are few. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rotateKeys: {
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
        requestBody?: {
            content: {
                "application/json": components["schemas"]["KeyRotation"];
            };
        };
        responses: {
            /** @description All keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listOrganizations: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: "asc" | "desc";
                /** @description Only those whose slug or name starts with it. */
                prefix?: string;
                /** @description The organization of that slug. */
                slug?: string;
                /** @description The organization of that external id. */
                external_id?: components["schemas"]["ExternalID"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Organizations, oldest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createOrganization: {
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
                "application/json": components["schemas"]["OrganizationCreate"];
            };
        };
        responses: {
            /** @description The organization. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    upsertOrganization: {
        parameters: {
            query: {
                external_id: components["schemas"]["ExternalID"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationPatch"];
            };
        };
        responses: {
            /** @description The organization, which was there. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            /** @description The organization, which was created. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteOrganization: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateOrganization: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationPatch"];
            };
        };
        responses: {
            /** @description The organization as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getOrganizationBranding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is shown, and whose choice that is. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationBranding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updateOrganizationBranding: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationBrandingPatch"];
            };
        };
        responses: {
            /** @description The branding as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationBranding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    setOrganizationLogo: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description The logo for light or for dark grounds. */
                scheme?: components["parameters"]["LogoScheme"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/*": string;
            };
        };
        responses: {
            /** @description The branding as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationBranding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteOrganizationLogo: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description The logo for light or for dark grounds. */
                scheme?: components["parameters"]["LogoScheme"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no such logo. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listOrganizationConnections: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, by slug: at most 100. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getOrganizationConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    disableOrganizationConnection: {
        parameters: {
            query?: {
                /** @description End what was begun with it, also of a connection that is disabled already. Applications are told. */
                end_sessions?: boolean;
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    testOrganizationConnection: {
        parameters: {
            query?: never;
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                /** @description Id or slug. */
                connection_id: components["parameters"]["ConnectionID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was looked at. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionTest"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listDomains: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: "asc" | "desc";
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Domains, oldest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DomainList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    addDomain: {
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
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DomainCreate"];
            };
        };
        responses: {
            /** @description The domain. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The domain. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeDomain: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization has it no longer. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    verifyDomain: {
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
                organization_id: components["parameters"]["OrganizationID"];
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The domain is verified. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description Have who invited (`inviter`) in each invitation. Needs `users:read`. */
                expand?: "inviter";
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: "asc" | "desc";
                /** @description Only those of which this became. */
                state?: "open" | "accepted" | "revoked" | "expired";
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Invitations, oldest first unless asked otherwise. Those that are over are listed for 90 days. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createInvitation: {
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
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationCreate"];
            };
        };
        responses: {
            /** @description The invitation. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invitation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeInvitation: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link of its mail does nothing any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    resendInvitation: {
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
                organization_id: components["parameters"]["OrganizationID"];
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invitation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description Have `user` in each member. */
                expand?: components["parameters"]["ExpandUser"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Members, in order of their users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getMember: {
        parameters: {
            query?: {
                /** @description Have `user` in each member. */
                expand?: components["parameters"]["ExpandUser"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The member. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    setMember: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberSet"];
            };
        };
        responses: {
            /** @description The member. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeMember: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user is no member. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getOrganizationPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What holds for its members, and whose setting that is. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationPolicy"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updateOrganizationPolicy: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationPolicyPatch"];
            };
        };
        responses: {
            /** @description The policy as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationPolicy"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    resumeOrganization: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    suspendOrganization: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: components["parameters"]["OrganizationID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRegistrationTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All tokens that are kept, newest first, without what is secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationTokenList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createRegistrationToken: {
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
                "application/json": components["schemas"]["RegistrationTokenCreate"];
            };
        };
        responses: {
            /** @description The token, which is shown once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationTokenCreated"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteRegistrationToken: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token is good for no more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listResourceServers: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: components["parameters"]["Order"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Resource servers, newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceServerList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createResourceServer: {
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
                "application/json": components["schemas"]["ResourceServerCreate"];
            };
        };
        responses: {
            /** @description The resource server. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceServer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getResourceServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                resource_server_id: components["parameters"]["ResourceServerID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resource server. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceServer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteResourceServer: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                resource_server_id: components["parameters"]["ResourceServerID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resource server is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateResourceServer: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                resource_server_id: components["parameters"]["ResourceServerID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResourceServerPatch"];
            };
        };
        responses: {
            /** @description The resource server as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceServer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listRoles: {
        parameters: {
            query?: {
                /** @description Only roles of this scope. */
                scope?: components["schemas"]["RoleScope"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The roles. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createRole: {
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
                "application/json": components["schemas"]["RoleCreate"];
            };
        };
        responses: {
            /** @description The role. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                role_scope: string;
                role_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The role. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteRole: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                role_scope: string;
                role_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The role is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateRole: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                role_scope: string;
                role_key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RolePatch"];
            };
        };
        responses: {
            /** @description The role as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The settings. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    updateSettings: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Settings"];
            };
        };
        responses: {
            /** @description The settings as they are now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getStatistics: {
        parameters: {
            query?: {
                /** @description First day in UTC; 29 days before `to` without it. */
                from?: string;
                /** @description Last day in UTC; today without it. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every day, in order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTenants: {
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
                /** @description Only those whose slug or name starts with it. */
                prefix?: string;
                /** @description The tenant of that slug. */
                slug?: string;
                /** @description The tenant that answers on that host, like `id.acme.example`. */
                host?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tenants, newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createTenant: {
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
                "application/json": components["schemas"]["TenantCreate"];
            };
        };
        responses: {
            /** @description The tenant. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteTenant: {
        parameters: {
            query: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description The slug of the tenant. */
                confirm: string;
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateTenant: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantPatch"];
            };
        };
        responses: {
            /** @description The tenant as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    resumeTenant: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    suspendTenant: {
        parameters: {
            query?: {
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The slug or id of the tenant. */
                tenant: components["parameters"]["TenantName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
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
                /**
                 * @description Users whose email address, user name, external id or name contains this text, such as `ann` or `@example.com`, in upper
                 *     or lower case. Texts without three letters or digits in a row are looked for at the beginning.
                 */
                search?: string;
                /** @description Where `search` looks: anywhere, or at the beginning only. */
                match?: "contains" | "prefix";
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
    exportUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exportUsersWithPasswords: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    importUsers: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Make the report, and store no user. */
                dry_run?: boolean;
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
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description The job. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
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
    listUserConsents: {
        parameters: {
            query?: {
                /** @description Have the client (`application`) in each consent. Needs `clients:read`. */
                expand?: "client";
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsentList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeUserConsents: {
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
            /** @description Nothing is allowed any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeUserConsent: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                /** @description The `id` of the client, which is its `client_id` unless it has one of its own. */
                client: components["parameters"]["ClientID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nothing is allowed any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserEmails: {
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
            /** @description The primary one first: at most ten. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    addUserEmail: {
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailCreate"];
            };
        };
        responses: {
            /** @description The address. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Email"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserEmail: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                email_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    makeUserEmailPrimary: {
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
                email_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The addresses as they are now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserFactors: {
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
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserFactors: {
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
            /** @description There are none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserFactor: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                factor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserGrants: {
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
                /** @description Have the client (`application`), the `organization` or both in each grant. Needs the right to read them. */
                expand?: "client" | "organization" | "client,organization";
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    endUserGrant: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                grant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The grant is ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserIdentities: {
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
            /** @description All of them, oldest first: at most 50. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserIdentity: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                identity_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserOrganizations: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                /** @description The `previous_cursor` of a page: what precedes it. */
                before?: components["parameters"]["Before"];
                /** @description By time of creation. */
                order?: "asc" | "desc";
                /** @description Have `organization` in each membership. */
                expand?: "organization";
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Memberships, the oldest organization first unless asked otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserOrganizationList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserPassword: {
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
            /** @description There is none, maybe there was none. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
    listUserRoles: {
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
            /** @description The roles, and the permissions that they give. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRoles"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    assignUserRole: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                role_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user has the role. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    removeUserRole: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
            };
            header?: never;
            path: {
                user_id: components["parameters"]["UserID"];
                role_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user does not have the role. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listUserSessions: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
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
    listWebhookEndpoints: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, oldest first: at most 50. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createWebhookEndpoint: {
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
                "application/json": components["schemas"]["WebhookEndpointCreate"];
            };
        };
        responses: {
            /** @description The endpoint, with the secret that signs, which is shown once. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointCreated"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteWebhookEndpoint: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateWebhookEndpoint: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description Change it only while it has this ETag. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookEndpointPatch"];
            };
        };
        responses: {
            /** @description The endpoint as it is now. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description How many at most. */
                limit?: components["parameters"]["Limit"];
                /** @description Have `total_count` in the answer. */
                count?: components["parameters"]["Count"];
                /** @description The `next_cursor` of a page: what follows it. */
                after?: components["parameters"]["After"];
                state?: "pending" | "delivered" | "failed" | "dropped";
            };
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listWebhookAttempts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Attempts, the first one first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookAttemptList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    replayWebhookDelivery: {
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
                endpoint_id: components["parameters"]["EndpointID"];
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will be sent. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    disableWebhookEndpoint: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    enableWebhookEndpoint: {
        parameters: {
            query?: {
                /** @description Answer as if it were done and change nothing. */
                validate_only?: components["parameters"]["ValidateOnly"];
                /** @description Do it although a manifest of `plinto apply` declares it. Needs the permission `manifests:override`. The manifest stays the owner, and `plinto diff` shows the difference. */
                force?: components["parameters"]["Force"];
            };
            header?: {
                /** @description A name of this request that its sender made up. For 24 hours the same request with the same name gets the same answer and changes nothing again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rotateWebhookSecret: {
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
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookRotation"];
            };
        };
        responses: {
            /** @description The secret, which is shown once. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    testWebhookEndpoint: {
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
                endpoint_id: components["parameters"]["EndpointID"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event that is sent. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
