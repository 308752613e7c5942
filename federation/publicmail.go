package federation

import (
	"strings"
)

// PublicMail reports whether anybody can have an address at a domain, in ASCII and lower case: of a provider of mail for
// everybody. Such a domain is nobody's own, so it leads nobody to an identity provider. The list holds those with the most users
// (as of 2026-11) and cannot be complete: an organization shows by DNS which domains are its own.
func PublicMail(domain string) bool {
	_, listed := publicMail[domain]
	return listed
}

var publicMail = func() map[string]struct{} {
	all := map[string]struct{}{}
	for d := range strings.FieldsSeq(publicMailDomains) {
		all[d] = struct{}{}
	}
	return all
}()

const publicMailDomains = `
gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.com.br hotmail.com hotmail.co.uk hotmail.de
hotmail.fr hotmail.es hotmail.it hotmail.ca live.com live.co.uk live.de live.fr live.nl live.ca live.com.au live.jp msn.com passport.com
yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca yahoo.co.in yahoo.in yahoo.co.jp yahoo.com.br yahoo.com.mx yahoo.com.ar
yahoo.com.au yahoo.com.tw ymail.com rocketmail.com aol.com aol.de aim.com icloud.com me.com mac.com privaterelay.appleid.com
proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.com tuta.io tutamail.com keemail.me mailbox.org posteo.de posteo.net
fastmail.com fastmail.fm hey.com hushmail.com zoho.com zohomail.com zohomail.eu mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr
web.de freenet.de t-online.de magenta.de arcor.de online.de vodafone.de 1und1.de kabelmail.de ewetel.net
orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr libero.it virgilio.it alice.it tin.it tiscali.it inwind.it tim.it
telefonica.net terra.es bluewin.ch sunrise.ch hispeed.ch aon.at chello.at a1.net telenet.be skynet.be proximus.be ziggo.nl kpnmail.nl planet.nl
xs4all.nl home.nl hetnet.nl online.no telia.com comhem.se bredband.net spray.se mail.dk jubii.dk stofanet.dk tdcadsl.dk luukku.com suomi24.fi
wp.pl o2.pl onet.pl onet.eu interia.pl interia.eu gazeta.pl poczta.fm tlen.pl op.pl vp.pl seznam.cz email.cz centrum.cz post.cz azet.sk
zoznam.sk centrum.sk freemail.hu citromail.hu indamail.hu abv.bg mail.bg sapo.pt
mail.ru bk.ru inbox.ru list.ru internet.ru rambler.ru yandex.ru yandex.com ya.ru ukr.net i.ua meta.ua bigmir.net
qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com 189.cn 21cn.com naver.com hanmail.net daum.net
kakao.com nate.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com ocn.ne.jp so-net.ne.jp
rediffmail.com rediff.com indiatimes.com sify.com uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com
hotmail.com.br hotmail.com.ar live.com.mx prodigy.net.mx comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
earthlink.net juno.com optonline.net frontier.com windstream.net rogers.com shaw.ca sympatico.ca telus.net bell.net videotron.ca
btinternet.com bt.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk sky.com tiscali.co.uk eircom.net bigpond.com bigpond.net.au
optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz webmail.co.za mweb.co.za mailinator.com guerrillamail.com yopmail.com
duck.com simplelogin.com anonaddy.com mozmail.com lycos.com mail2world.com inbox.com inbox.lv walla.com walla.co.il netvision.net.il
`
