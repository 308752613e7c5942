package example;

import static org.springframework.security.config.Customizer.withDefaults;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/** A web application that signs people in with Spring Security's OAuth 2.0 client. */
@SpringBootApplication
@RestController
public class App {
  public static void main(String[] args) {
    SpringApplication.run(App.class, args);
  }

  @Bean
  SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
    var logout = new OidcClientInitiatedLogoutSuccessHandler(clients);
    logout.setPostLogoutRedirectUri("{baseUrl}/");
    return http
        .authorizeHttpRequests(requests -> requests.requestMatchers("/", "/error").permitAll().anyRequest().authenticated())
        .oauth2Login(withDefaults())
        .logout(l -> l.logoutSuccessHandler(logout))
        .build();
  }

  @GetMapping(path = "/", produces = "text/html")
  String home(@AuthenticationPrincipal OidcUser user, CsrfToken csrf) {
    if (user == null) {
      return "Not signed in. <a href='/oauth2/authorization/plinto'>Sign in</a>";
    }
    return "Signed in as " + HtmlUtils.htmlEscape(user.getEmail())
        + "<form method=post action=/logout><input type=hidden name=" + csrf.getParameterName() + " value='" + csrf.getToken()
        + "'><button id=logout>Sign out</button></form>";
  }

  /** Spring refreshes the access token when it has ended, before it hands it over. */
  @GetMapping("/token")
  String token(@RegisteredOAuth2AuthorizedClient("plinto") OAuth2AuthorizedClient client) {
    var token = client.getAccessToken();
    return "A token for " + String.join(" ", token.getScopes()) + " until " + token.getExpiresAt();
  }
}
